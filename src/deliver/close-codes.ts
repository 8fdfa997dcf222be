import type { CloseCause } from '../core/errors.ts';

/** By which close code (RFC 6455 §7.4) a client learns why it was closed; undefined: the connection just ends. */
export type CloseCodes = Readonly<Record<CloseCause, number | undefined>>;

/** The codes of every dialect whose page names no others. */
export const usualCloseCodes: CloseCodes = {
  shutdown: 1001,
  slow: 1013,
  // Nobody would read it.
  silent: undefined,
  idle: 1001,
  rateLimited: 1008,
  tokenExpired: 4401,
  badInput: 1008,
  // 4000 and the HTTP status, for what an error frame has told of.
  badParameters: 4400,
  unknownName: 4404,
  unavailable: 4500,
};

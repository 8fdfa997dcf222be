import type { CommandEffect } from '../wire/packet.ts';

interface ErrorDetails {
  readonly command?: string | undefined;
  readonly requestId?: string | undefined;
  readonly effect?: CommandEffect | undefined;
  readonly cause?: unknown;
}

/**
 * What `command` and `setOptions` reject with, and what the event `error` carries. `code` is stable: one of the
 * gateway's (`FORBIDDEN`, `STALE`, `BAD_OPTION`, …, see README.md), or
 *
 * | code | meaning |
 * |---|---|
 * | `NOT_CONNECTED` | nothing got through to the gateway: nothing was sent, or nobody took it |
 * | `DISCONNECTED` | it was sent, and the connection ended before the answer, or something else answered in between |
 * | `TIMEOUT` | it was sent, and no answer came in time |
 * | `UNAUTHENTICATED` | the token has expired or was refused, and so was the next one that the provider gave |
 * | `CANCELLED` | by the command's `signal` |
 * | `CLOSED` | the client was closed |
 * | `TOKEN` | event only: the token provider failed, see `cause` |
 * | `LISTENER` | event only: a listener, callback or selector threw, see `cause` |
 *
 * Whether a command that failed may have been carried out all the same is not the code's to say, but `effect`'s.
 */
export class TelemetryError extends Error {
  override readonly name = 'TelemetryError';
  readonly code: string;
  /** The command that it answers. */
  readonly command: string | undefined;
  readonly requestId: string | undefined;
  /**
   * Of a HALT or RESUME: `none`, it was not carried out and will not be; `unknown`, it may have been, or may yet be.
   * Undefined for all else.
   */
  readonly effect: CommandEffect | undefined;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details);
    this.code = code;
    this.command = details.command;
    this.requestId = details.requestId;
    this.effect = details.effect;
  }
}

/** An option that cannot be used, for what the message says. */
export function badOption(message: string): TelemetryError {
  return new TelemetryError('BAD_OPTION', message);
}

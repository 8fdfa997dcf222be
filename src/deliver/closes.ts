import type { Message } from '../encode/message.ts';

/** Why the core closes a session. A silent client is terminated instead: it would read no close frame. */
export type CloseCause = 'shutdown' | 'slow' | 'idle' | 'rateLimited' | 'tokenExpired';

/** What a client is told at the end: close code and reason (RFC 6455 §7.4). */
export interface Close {
  readonly code: number;
  /** Stable name, of 123 bytes at most: clients and log lines match on it. */
  readonly reason: string;
  /** Makes what the client is told before. Default: nothing. */
  readonly lastMessage?: () => Message;
  /**
   * Whether the client must not come back by itself. Over WebSocket the code says it; a Socket.IO client is sent a
   * DISCONNECT. Default false.
   */
  readonly isFinal?: boolean;
}

/** Code and reason of one endpoint for each cause of the core; ends of its own are separate values. */
export type Closes = Readonly<Record<CloseCause, Close>>;

/** Those of every dialect whose page names no others. */
export const usualCloses: Closes = {
  shutdown: { code: 1001, reason: 'shutdown' },
  slow: { code: 1013, reason: 'slow' },
  idle: { code: 1001, reason: 'idle' },
  rateLimited: { code: 1008, reason: 'rateLimited' },
  tokenExpired: { code: 4401, reason: 'tokenExpired' },
};

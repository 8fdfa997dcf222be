import { TokenBucket } from '../core/token-bucket.ts';

export interface MessageLimits {
  /** Messages a second from one client. */
  readonly perSecond: number;
  readonly burst: number;
  /** How long a client may go on being over it before the connection is closed. */
  readonly floodMs: number;
}

export const messageDefaults: MessageLimits = { perSecond: 20, burst: 40, floodMs: 10_000 };

/** `refused`: ignore this message. `flooding`: the client has been over the limit for `floodMs`. */
export type MessageVerdict = 'admitted' | 'refused' | 'flooding';

/** Limits the messages of one client. */
export class MessageLimiter {
  readonly #bucket: TokenBucket;
  readonly #floodMs: number;
  #overSince = 0;
  #lastRefusedAt = Number.NEGATIVE_INFINITY;

  constructor(limits: MessageLimits) {
    this.#bucket = new TokenBucket(limits);
    this.#floodMs = limits.floodMs;
  }

  admit(now: number): MessageVerdict {
    if (this.#bucket.take(now)) return 'admitted';
    // A second without a refusal is an end of the flood: one long burst a minute is not a flood of a minute.
    if (now - this.#lastRefusedAt > 1000) this.#overSince = now;
    this.#lastRefusedAt = now;
    return now - this.#overSince >= this.#floodMs ? 'flooding' : 'refused';
  }
}

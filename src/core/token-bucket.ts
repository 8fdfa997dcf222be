export interface TokenBucketOptions {
  /** Tokens added per second. 0: none. */
  readonly perSecond: number;
  /** Capacity, and the initial number of tokens. */
  readonly burst: number;
}

/** A token bucket. The caller passes the time (monotonic milliseconds), so that it needs no timer. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #at: number | undefined;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
  }

  /** Takes a token if there is one. */
  take(nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Takes tokens even if there are too few: the debt is refilled first. */
  spend(nowMs: number, tokens: number): void {
    this.#refill(nowMs);
    this.#tokens -= tokens;
  }

  /** Milliseconds until `take` would succeed; 0 if it would now. */
  waitMs(nowMs: number): number {
    this.#refill(nowMs);
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) * 1000) / this.#options.perSecond);
  }

  #refill(nowMs: number): void {
    const elapsed = Math.max(0, nowMs - (this.#at ?? nowMs));
    this.#tokens = Math.min(this.#options.burst, this.#tokens + (elapsed * this.#options.perSecond) / 1000);
    this.#at = nowMs;
  }
}

/** Bytes per second that may be parsed and then refused: some 4 % of the CPU time, whatever they hold. */
const budget = { perSecond: 2 * 1024 * 1024, burst: 2 * 1024 * 1024 };
/** Messages up to this size are always parsed: a halt is short. */
const alwaysReadBytes = 16 * 1024;

/**
 * Bounds the cost of messages that are refused after parsing. Beyond it long messages are refused unparsed: flooding a
 * channel keeps others from sending long ones, and nothing else.
 */
export class RefusalBudget {
  readonly #bucket = new TokenBucket(budget);

  /** @param nowMs monotonic */
  admits(bytes: number, nowMs: number): boolean {
    return bytes <= alwaysReadBytes || this.#bucket.waitMs(nowMs) === 0;
  }

  /** Records bytes that were parsed and then refused. */
  spend(bytes: number, nowMs: number): void {
    this.#bucket.spend(nowMs, bytes);
  }
}

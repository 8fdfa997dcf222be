export interface TokenBucketOptions {
  /** Tokens that come back each second. 0: none ever does. */
  readonly perSecond: number;
  /** Tokens it holds at most, and at first. */
  readonly burst: number;
}

/** A token bucket on a clock that the caller reads (monotonic milliseconds), so that it needs no timer. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #at: number | undefined;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
  }

  /** Takes a token where there is one. */
  take(nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Takes so many whether or not they are there: what is owed comes back first. */
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

/** Bytes a second that may be read for nothing, and at once: some 4 % of the time, however odd they are. */
const budget = { perSecond: 2 * 1024 * 1024, burst: 2 * 1024 * 1024 };
/** What has no more than this is always read: a halt is short. */
const alwaysReadBytes = 16 * 1024;

/**
 * What messages may cost that are refused after they were read. While more was spent on them than is allowed, long ones
 * are refused unread: whoever floods a channel with them stops others from sending long ones, and nothing else.
 */
export class RefusalBudget {
  readonly #bucket = new TokenBucket(budget);

  /** @param nowMs monotonic */
  admits(bytes: number, nowMs: number): boolean {
    return bytes <= alwaysReadBytes || this.#bucket.waitMs(nowMs) === 0;
  }

  /** So many bytes were read, and then refused. */
  spend(bytes: number, nowMs: number): void {
    this.#bucket.spend(nowMs, bytes);
  }
}

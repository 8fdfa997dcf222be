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

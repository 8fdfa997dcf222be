import { TokenBucket } from './token-bucket.ts';

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

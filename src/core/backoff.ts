export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  /** 0 ≤ n < 1. Default Math.random. */
  readonly random?: () => number;
}

/**
 * Full-jitter exponential backoff: a random wait up to `baseMs · 2^(attempt−1)`, capped at `maxMs`, so that many
 * clients that lost the same server do not reconnect in step.
 * @param attempt counts from 1
 */
export function backoffMs(attempt: number, options: BackoffOptions): number {
  const ceiling = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round((options.random ?? Math.random)() * ceiling);
}

/** Stops what it was returned for. Calling it twice does no harm. */
export type Cancel = () => void;

/** Time as the core sees it, injected wherever a test would otherwise have to sleep. */
export interface Clock {
  /** Wall clock, epoch milliseconds. For people and for other machines. */
  now(): number;
  /** Milliseconds, with fractions, from an arbitrary start; never goes back. For durations and order. */
  monotonic(): number;
  after(ms: number, task: () => void): Cancel;
  every(ms: number, task: () => void): Cancel;
}

/** Node runs a timer with a longer delay after 1 ms. */
const longestDelayMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, task) {
    const timer = setTimeout(task, Math.min(ms, longestDelayMs));
    return () => clearTimeout(timer);
  },
  every(ms, task) {
    const timer = setInterval(task, ms);
    return () => clearInterval(timer);
  },
};

/** ISO 8601 in UTC with milliseconds. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

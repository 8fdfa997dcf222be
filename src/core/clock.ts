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

/** Resolves when the promise is settled, either way, and after `ms` at the latest: what it does then goes unheard. */
export function settledWithin(ms: number, promise: Promise<unknown>, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const giveUp = clock.after(ms, resolve);
    const settled = (): void => {
      giveUp();
      resolve();
    };
    promise.then(settled, settled);
  });
}

/** What can be destroyed, and tells of its end. */
interface Destroyable {
  destroy(): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/**
 * Destroys a socket that has been told its last, at the latest after `ms`: a peer that reads nothing would keep what it
 * was told, and the socket with it, for as long as it likes.
 */
export function destroyWithin(socket: Destroyable, ms: number): void {
  socket.once(
    'close',
    systemClock.after(ms, () => socket.destroy()),
  );
}

/** Does something the first time it is called, and nothing after that. */
export function once(task: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    task();
  };
}

/** Cancels a timer. Calling it twice does no harm. */
export type Cancel = () => void;

/** Time, injected wherever a test would otherwise have to sleep. */
export interface Clock {
  /** Wall clock in epoch milliseconds, for people and other machines. */
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

/** Resolves once the promise is settled, either way, and after `ms` at the latest; its outcome is ignored. */
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

/** Destroys a socket that is being ended, after `ms` at the latest: a peer that reads nothing would keep it open. */
export function destroyWithin(
  socket: { destroy(): unknown; once(event: 'close', listener: () => void): unknown },
  ms: number,
): void {
  const cancel = systemClock.after(ms, () => socket.destroy());
  socket.once('close', cancel);
}

/** A function that runs the task the first time it is called only. */
export function once(task: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    task();
  };
}

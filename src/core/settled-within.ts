import type { Clock } from './clock.ts';

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

import type { Clock } from '../../core/clock.ts';

/** Holds a reader back that is faster than what it reads can be sent on. */
export interface ReadPace {
  /** So much was read. Where that is enough for now, the promise is kept once more may be read. Never rejects. */
  took(bytes: number): Promise<void> | undefined;
  /** Nobody waits any more. */
  close(): void;
}

/** At most `bytes`, and what was read with the last of them, in each `everyMs`. */
export function createReadPace(
  clock: Clock,
  { bytes, everyMs }: { bytes: number; everyMs: number },
): ReadPace {
  let taken = 0;
  let since = Number.NEGATIVE_INFINITY;
  let end = (): void => {};
  return {
    took(more) {
      const now = clock.monotonic();
      if (now - since >= everyMs) {
        since = now;
        taken = 0;
      }
      taken += more;
      if (taken < bytes) return undefined;
      return new Promise((resolve) => {
        const cancel = clock.after(since + everyMs - now, resolve);
        end = () => {
          cancel();
          resolve();
        };
      });
    },
    close: () => end(),
  };
}

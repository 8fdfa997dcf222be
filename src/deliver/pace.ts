import type { Cancel, Clock } from '../core/clock.ts';

/**
 * Lets news through at once, or at the next multiple of an interval of the wall clock: everyone with the same
 * interval is served in the same moment, and from the same rendition.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #release: () => void;
  #cancel: Cancel | undefined;

  /** @param intervalMs 0: at once */
  constructor(clock: Clock, intervalMs: number, release: () => void) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#release = release;
  }

  /** There is news. */
  request(): void {
    if (this.#intervalMs === 0) {
      this.#release();
      return;
    }
    if (this.#cancel !== undefined) return;
    const wait = this.#intervalMs - (this.#clock.now() % this.#intervalMs);
    this.#cancel = this.#clock.after(wait, () => {
      this.#cancel = undefined;
      this.#release();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

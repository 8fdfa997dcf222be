import type { Cancel, Clock } from '../core/clock.ts';

/** How long one lasts, in ms, however long those who asked for it need. */
const longestMs = 10;
/** After one, there is none for so many times as long: together they take a tenth of the time at most. */
const restFactor = 9;

const nothing = (): void => {};

/**
 * Keeps long work back for a moment while something more urgent is under way. Those who ask meanwhile share the
 * moment and do not prolong it, so that no number of them stops the work for good.
 */
export class StandStill {
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  readonly #askers = new Set<symbol>();
  #startedAt = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  #cancelEnd: Cancel = nothing;

  /** @param onEnd called when the work may go on */
  constructor(clock: Clock, onEnd: () => void) {
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  get isOn(): boolean {
    return this.#askers.size > 0;
  }

  /** Asks for it, from now on. @returns says that this asker needs it no more; calling it twice does no harm */
  ask(): () => void {
    if (!this.isOn && !this.#begin()) return nothing;
    const asker = Symbol();
    this.#askers.add(asker);
    return () => {
      if (this.#askers.delete(asker) && !this.isOn) this.#end();
    };
  }

  #begin(): boolean {
    const now = this.#clock.monotonic();
    if (now < this.#notBefore) return false;
    this.#startedAt = now;
    this.#cancelEnd = this.#clock.after(longestMs, () => {
      this.#askers.clear();
      this.#end();
    });
    return true;
  }

  #end(): void {
    this.#cancelEnd();
    const now = this.#clock.monotonic();
    this.#notBefore = now + (now - this.#startedAt) * restFactor;
    this.#onEnd();
  }
}

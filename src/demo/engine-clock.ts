import type { Cancel, Clock } from '../core/clock.ts';

/** How the faults in force have the engine's time go. */
export interface TimeFaults {
  /** Added to the wall clock, in milliseconds. */
  clockOffsetMs(): number;
  /**
   * Milliseconds from one moment in which anything may move to the next, by the wall clock; 0: all the time,
   * Infinity: never.
   */
  moveEveryMs(): number;
}

/**
 * The clock that the engine goes by: what it does by itself is left out, or put off, while the faults have it stand
 * still, and what it writes bears their time.
 */
export class EngineClock implements Clock {
  readonly #clock: Clock;
  readonly #faults: TimeFaults;

  constructor(clock: Clock, faults: TimeFaults) {
    this.#clock = clock;
    this.#faults = faults;
  }

  now(): number {
    return this.#clock.now() + this.#faults.clockOffsetMs();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(ms: number, task: () => void): Cancel {
    const mayMove = this.#gate();
    let cancel: Cancel = () => {};
    const wait = (): void => {
      cancel = this.#clock.after(ms, () => (mayMove() ? task() : wait()));
    };
    wait();
    return () => cancel();
  }

  every(ms: number, task: () => void): Cancel {
    const mayMove = this.#gate();
    return this.#clock.every(ms, () => {
      if (mayMove()) task();
    });
  }

  /** Whether one thing that the engine does by itself may happen now: once in each of those moments. */
  #gate(): () => boolean {
    let moment: number | undefined;
    return () => {
      const everyMs = this.#faults.moveEveryMs();
      const now = everyMs === 0 ? undefined : Math.floor(this.#clock.now() / everyMs);
      const isOpen = now === undefined || (moment !== undefined && now !== moment);
      moment = now;
      return isOpen;
    };
  }
}

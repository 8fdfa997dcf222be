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
export function createEngineClock(clock: Clock, faults: TimeFaults): Clock {
  /** Whether one thing that the engine does by itself may happen now: once in each of those moments. */
  function createGate(): () => boolean {
    let moment: number | undefined;
    return () => {
      const everyMs = faults.moveEveryMs();
      const now = everyMs === 0 ? undefined : Math.floor(clock.now() / everyMs);
      const isOpen = now === undefined || (moment !== undefined && now !== moment);
      moment = now;
      return isOpen;
    };
  }

  return {
    now: () => clock.now() + faults.clockOffsetMs(),
    monotonic: () => clock.monotonic(),
    after(ms, task) {
      const mayMove = createGate();
      let cancel: Cancel = () => {};
      const wait = (): void => {
        cancel = clock.after(ms, () => (mayMove() ? task() : wait()));
      };
      wait();
      return () => cancel();
    },
    every(ms, task) {
      const mayMove = createGate();
      return clock.every(ms, () => {
        if (mayMove()) task();
      });
    },
  };
}

import type { Cancel, Clock } from '../../src/core/clock.ts';

/** A clock that only moves when told to, running what falls due on the way, in order. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
  /** Sets the wall clock alone, forward or back: timers and the monotonic clock go on as they were. */
  setWall(epochMs: number): void;
  /** How many timers wait. */
  readonly timers: number;
}

interface Timer {
  at: number;
  readonly every: number | undefined;
  readonly task: () => void;
}

/** @param epochMs what `now()` says at first */
export function createManualClock(epochMs = Date.parse('2026-01-01T00:00:00.000Z')): ManualClock {
  const timers = new Set<Timer>();
  let elapsed = 0;
  let startedAt = epochMs;

  const schedule = (ms: number, every: number | undefined, task: () => void): Cancel => {
    const timer: Timer = { at: elapsed + Math.max(0, ms), every, task };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  const nextDue = (until: number): Timer | undefined =>
    [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];

  return {
    now: () => startedAt + elapsed,
    monotonic: () => elapsed,
    after: (ms, task) => schedule(ms, undefined, task),
    every: (ms, task) => schedule(ms, ms, task),
    advance(ms) {
      const until = elapsed + ms;
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        elapsed = Math.max(elapsed, timer.at);
        if (timer.every === undefined) timers.delete(timer);
        else timer.at += timer.every;
        timer.task();
      }
      elapsed = until;
    },
    get timers() {
      return timers.size;
    },
    setWall(now) {
      startedAt = now - elapsed;
    },
  };
}

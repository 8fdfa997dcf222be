import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Schedule } from '../../src/source/schedule.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemoryLog } from '../support/memory-log.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const officeHours = '* * 9-17 * * 1-5';
/** A Monday, in the time of the machine, as the expressions are. */
const monday = (hours: number, minutes = 0, seconds = 0): number =>
  new Date(2026, 5, 1, hours, minutes, seconds).getTime();

interface Run {
  readonly wall: number;
  readonly monotonic: number;
}

/** A schedule that was started, with the times of its runs. `inTick` may set the clock while a run is under way. */
function setUp(expression: string, startsAt: number, inTick: () => void = () => {}) {
  const clock = createManualClock(startsAt);
  const runs: Run[] = [];
  const schedule = new Schedule(expression, clock, createMemoryLog(), () => {
    runs.push({ wall: clock.now(), monotonic: clock.monotonic() });
    inTick();
  });
  onTestFinished(() => schedule.stop());
  schedule.start();
  return {
    clock,
    runs,
    schedule,
    setBy: (ms: number) => clock.setWall(clock.now() + ms),
    /** The longest time without a run until now, the start counting as one, by the monotonic clock. */
    longestPause(): number {
      const times = [0, ...runs.map(({ monotonic }) => monotonic), clock.monotonic()];
      return Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? 0)));
    },
  };
}

const jumps = [30 * second, hour, day, 400 * day].flatMap((ms) => [ms, -ms]);

describe('Schedule, whatever the wall clock does,', () => {
  it.each(jumps)('lets no source go stale where it is set by %d ms while waiting', (jump) => {
    const { clock, setBy, longestPause, runs } = setUp('* * * * * *', monday(12));
    clock.advance(5400);
    setBy(jump + 123);
    clock.advance(60 * second);
    expect(longestPause()).toBeLessThanOrEqual(1.5 * second);
    expect(runs.length).toBeGreaterThanOrEqual(64);
    expect(runs.length).toBeLessThanOrEqual(68);
  });

  it.each(jumps)('lets no source go stale where it is set by %d ms in a run', (jump) => {
    const { clock, setBy, longestPause, runs } = setUp('* * * * * *', monday(12), () => {
      if (runs.length === 3) setBy(jump - 77);
    });
    clock.advance(60 * second);
    expect(longestPause()).toBeLessThanOrEqual(1.5 * second);
  });

  it.each([-100, -999, -1000, -1700, 700, 5000])('goes on where it is set by %d ms each 900 ms', (step) => {
    const { clock, setBy, longestPause } = setUp('* * * * * *', monday(12));
    for (let time = 0; time < 60; time++) {
      clock.advance(900);
      setBy(step);
    }
    expect(longestPause()).toBeLessThanOrEqual(2 * second);
  });

  it('goes on where it stands still', () => {
    const { clock, longestPause } = setUp('* * * * * *', monday(12));
    for (let time = 0; time < 600; time++) {
      clock.advance(100);
      clock.setWall(monday(12) + 400);
    }
    expect(longestPause()).toBeLessThanOrEqual(2 * second);
  });

  it('lets at most two periods pass, however often and far it is set, and has no storm of runs', () => {
    const step = fc.record({
      waitMs: fc.integer({ min: 1, max: 20_000 }),
      jumpMs: fc.oneof(
        fc.integer({ min: -3000, max: 3000 }),
        fc.integer({ min: -hour, max: hour }),
        fc.integer({ min: -40 * day, max: 40 * day }),
      ),
    });
    const cron = fc.constantFrom<[string, number]>(
      ['* * * * * *', second],
      ['*/2 * * * * *', 2 * second],
      ['*/10 * * * * *', 10 * second],
      ['0 * * * * *', minute],
    );
    fc.assert(
      fc.property(cron, fc.array(step, { maxLength: 20 }), ([expression, periodMs], steps) => {
        const { clock, setBy, longestPause, runs, schedule } = setUp(expression, monday(12) + 1);
        for (const { waitMs, jumpMs } of steps) {
          clock.advance(waitMs);
          setBy(jumpMs);
        }
        clock.advance(3 * periodMs);
        schedule.stop();
        expect(longestPause()).toBeLessThanOrEqual(2 * periodMs);
        // A run for each period, and for each time that the clock was set two that may come early.
        expect(runs.length).toBeLessThanOrEqual(clock.monotonic() / periodMs + 2 * steps.length + 1);
      }),
      { numRuns: 200 },
    );
  });
});

describe('Schedule of office hours', () => {
  it('has its runs when the wall clock says so, however long the night', () => {
    const { clock, runs } = setUp(officeHours, monday(17, 59, 58));
    clock.advance(15 * hour + 4 * second);
    expect(runs.map(({ wall }) => wall)).toEqual([
      monday(17, 59, 59),
      monday(24 + 9),
      monday(24 + 9, 0, 1),
      monday(24 + 9, 0, 2),
    ]);
  });

  it('begins where the wall clock is set forward into them', () => {
    const { clock, runs } = setUp(officeHours, monday(20));
    clock.advance(hour);
    expect(runs).toEqual([]);
    clock.setWall(monday(24 + 8, 59, 58));
    clock.advance(4 * second);
    expect(runs.map(({ wall }) => wall)).toEqual(
      [9 * hour, 9 * hour + 1000, 9 * hour + 2000].map((ms) => monday(24) + ms),
    );
  });

  it('begins within two seconds where the wall clock is set back or forward into the middle of them', () => {
    for (const time of [monday(12, 0, 0) + 400, monday(24 + 12) + 400]) {
      const { clock, runs } = setUp(officeHours, monday(20));
      clock.advance(2 * hour);
      clock.setWall(time);
      clock.advance(2 * second);
      expect(runs.length).toBeGreaterThanOrEqual(1);
    }
  });

  it.each([monday(22), monday(3), monday(5 * 24 + 12), monday(24 + 20)])(
    'ends where the wall clock is set out of them, to %d',
    (time) => {
      const { clock, runs } = setUp(officeHours, monday(12));
      clock.advance(10_500);
      clock.setWall(time);
      clock.advance(2 * hour);
      expect(runs).toHaveLength(10);
    },
  );

  it('makes up for a run that was leapt over, where one on time would not be older', () => {
    const { clock, runs } = setUp('0 0 9 * * *', monday(8));
    clock.advance(30 * minute);
    clock.setWall(monday(10));
    clock.advance(second);
    expect(runs).toHaveLength(1);
    clock.advance(23 * hour);
    expect(runs).toHaveLength(2);
  });

  it('has a run again that the wall clock comes to again', () => {
    const { clock, runs } = setUp('0 0 9 * * *', monday(8, 59));
    clock.advance(minute);
    expect(runs).toHaveLength(1);
    clock.setWall(monday(8));
    clock.advance(hour);
    expect(runs.map(({ wall }) => wall)).toEqual([monday(9), monday(9)]);
  });
});

function setUpPeriods(expression: string, startsAt: number) {
  const clock = createManualClock(startsAt);
  const schedule = new Schedule(expression, clock, createMemoryLog(), () => {});
  return {
    periodAt(time: number): number {
      clock.advance(Math.max(0, time - clock.now()));
      clock.setWall(time);
      return schedule.periodMs();
    },
  };
}

describe('Schedule, of runs that pause,', () => {
  it('counts the night as a period from the last run of the day', () => {
    const { periodAt } = setUpPeriods('* * 9-17 * * 1-5', monday(17, 59, 30));
    expect(periodAt(monday(17, 59, 30))).toBe(second);
    expect(periodAt(monday(17, 59, 59))).toBe(15 * hour + second);
  });

  it('counts the weekend from that of Friday', () => {
    const friday = (hours: number, ...rest: [number, number]) => monday(hours + 4 * 24, ...rest);
    const { periodAt } = setUpPeriods('* * 9-17 * * 1-5', friday(17, 59, 59));
    expect(periodAt(friday(17, 59, 59))).toBe((15 + 48) * hour + second);
  });

  it('is back to a second with the first run of the next day, and not before', () => {
    const { periodAt } = setUpPeriods('* * 9-17 * * 1-5', monday(3));
    expect(periodAt(monday(3))).toBe(6 * hour);
    expect(periodAt(monday(8, 59, 58))).toBe(2 * second);
    expect(periodAt(monday(9))).toBe(second);
    expect(periodAt(monday(9, 0, 1))).toBe(second);
  });

  it('reaches from an answer to the next run, however late the answer came', () => {
    const { periodAt } = setUpPeriods('*/2 * 9-17 * * 1-5', monday(17, 59, 58));
    const late = monday(17, 59, 58) + 900;
    expect(periodAt(late)).toBe(monday(24 + 9) - late);
  });

  it('is not misled by a wall clock that was set back', () => {
    const { periodAt } = setUpPeriods('* * * * * *', monday(12));
    expect(periodAt(monday(12))).toBe(second);
    expect(periodAt(monday(11))).toBe(second);
    expect(periodAt(monday(10, 59, 59))).toBe(second);
  });

  it('follows a wall clock that was set forward into the night, and back', () => {
    const { periodAt } = setUpPeriods('* * 9-17 * * 1-5', monday(12));
    expect(periodAt(monday(12))).toBe(second);
    expect(periodAt(monday(22))).toBe(11 * hour);
    expect(periodAt(monday(12))).toBe(second);
  });
});

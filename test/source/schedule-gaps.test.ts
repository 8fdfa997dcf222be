import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSchedule } from '../../src/source/schedule.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemoryLog } from '../support/memory-log.ts';

const second = 1000;
const hour = 3600 * second;
/** A Monday, in the time of the machine, as the expressions are. */
const monday = (hours: number, minutes = 0, seconds = 0): number =>
  new Date(2026, 5, 1, hours, minutes, seconds).getTime();

function setUp(expression: string) {
  const clock = createManualClock();
  const schedule = createSchedule({ expression, clock, log: createMemoryLog(), onTick: () => {} });
  return {
    periodAt(time: number): number {
      clock.advance(Math.max(0, time - Date.now()));
      vi.setSystemTime(time);
      return schedule.periodMs();
    },
  };
}

describe('Schedule, of runs that pause,', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
  afterEach(() => void vi.useRealTimers());

  it('counts the night as a period from the last run of the day', () => {
    vi.setSystemTime(monday(17, 59, 30));
    const { periodAt } = setUp('* * 9-17 * * 1-5');
    expect(periodAt(monday(17, 59, 30))).toBe(second);
    expect(periodAt(monday(17, 59, 59))).toBe(15 * hour + second);
  });

  it('counts the weekend from that of Friday', () => {
    const friday = (hours: number, ...rest: [number, number]) => monday(hours + 4 * 24, ...rest);
    vi.setSystemTime(friday(17, 59, 59));
    const { periodAt } = setUp('* * 9-17 * * 1-5');
    expect(periodAt(friday(17, 59, 59))).toBe((15 + 48) * hour + second);
  });

  it('is back to a second with the first run of the next day, and not before', () => {
    vi.setSystemTime(monday(3));
    const { periodAt } = setUp('* * 9-17 * * 1-5');
    expect(periodAt(monday(3))).toBe(6 * hour);
    expect(periodAt(monday(8, 59, 58))).toBe(2 * second);
    expect(periodAt(monday(9))).toBe(second);
    expect(periodAt(monday(9, 0, 1))).toBe(second);
  });

  it('reaches from an answer to the next run, however late the answer came', () => {
    vi.setSystemTime(monday(17, 59, 58));
    const { periodAt } = setUp('*/2 * 9-17 * * 1-5');
    const late = monday(17, 59, 58) + 900;
    expect(periodAt(late)).toBe(monday(24 + 9) - late);
  });

  it('is not misled by a system clock that was set back', () => {
    vi.setSystemTime(monday(12));
    const { periodAt } = setUp('* * * * * *');
    expect(periodAt(monday(12))).toBe(second);
    expect(periodAt(monday(11))).toBe(second);
  });
});

import { describe, expect, it } from 'vitest';
import { Schedule } from '../../src/source/schedule.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemoryLog } from '../support/memory-log.ts';

const second = 1000;
const hour = 3600 * second;
/** A Monday, in the time of the machine, as the expressions are. */
const monday = (hours: number, minutes = 0, seconds = 0): number =>
  new Date(2026, 5, 1, hours, minutes, seconds).getTime();

function setUp(expression: string, startsAt: number) {
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
    const { periodAt } = setUp('* * 9-17 * * 1-5', monday(17, 59, 30));
    expect(periodAt(monday(17, 59, 30))).toBe(second);
    expect(periodAt(monday(17, 59, 59))).toBe(15 * hour + second);
  });

  it('counts the weekend from that of Friday', () => {
    const friday = (hours: number, ...rest: [number, number]) => monday(hours + 4 * 24, ...rest);
    const { periodAt } = setUp('* * 9-17 * * 1-5', friday(17, 59, 59));
    expect(periodAt(friday(17, 59, 59))).toBe((15 + 48) * hour + second);
  });

  it('is back to a second with the first run of the next day, and not before', () => {
    const { periodAt } = setUp('* * 9-17 * * 1-5', monday(3));
    expect(periodAt(monday(3))).toBe(6 * hour);
    expect(periodAt(monday(8, 59, 58))).toBe(2 * second);
    expect(periodAt(monday(9))).toBe(second);
    expect(periodAt(monday(9, 0, 1))).toBe(second);
  });

  it('reaches from an answer to the next run, however late the answer came', () => {
    const { periodAt } = setUp('*/2 * 9-17 * * 1-5', monday(17, 59, 58));
    const late = monday(17, 59, 58) + 900;
    expect(periodAt(late)).toBe(monday(24 + 9) - late);
  });

  it('is not misled by a wall clock that was set back', () => {
    const { periodAt } = setUp('* * * * * *', monday(12));
    expect(periodAt(monday(12))).toBe(second);
    expect(periodAt(monday(11))).toBe(second);
    expect(periodAt(monday(10, 59, 59))).toBe(second);
  });

  it('follows a wall clock that was set forward into the night, and back', () => {
    const { periodAt } = setUp('* * 9-17 * * 1-5', monday(12));
    expect(periodAt(monday(12))).toBe(second);
    expect(periodAt(monday(22))).toBe(11 * hour);
    expect(periodAt(monday(12))).toBe(second);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isoTime } from '../../src/core/clock.ts';
import { type AnswerTime, Standstill } from '../../src/source/standstill.ts';
import { createManualClock } from '../support/manual-clock.ts';

function setUp(maxAgeMs?: number, periodMs = 1000, leastMs?: number) {
  const clock = createManualClock();
  const least = leastMs === undefined ? {} : { leastMs };
  const standstill = new Standstill(maxAgeMs, { periodMs: () => periodMs, clock, ...least });
  let time = Date.parse('2026-06-01T12:00:00Z');
  const answer = (more: Partial<AnswerTime> = {}): string | undefined => {
    clock.advance(1000);
    return standstill.answered({ time, mayStand: false, ...more });
  };
  /** Answers of a second each, of one timestamp; when it was first said to stand still, in s from the first. */
  const still = (seconds: number, more?: Partial<AnswerTime>): number | undefined => {
    for (let second = 1; second <= seconds; second += 1) if (answer(more) !== undefined) return second;
    return undefined;
  };
  const move = (by = 1000): string | undefined => {
    time += by;
    return answer();
  };
  return { clock, answer, still, move };
}

describe('Standstill', () => {
  it('is told after 10 s of an engine that moved each second, with when it began', () => {
    const { still, move, answer, clock } = setUp();
    for (let count = 0; count < 60; count += 1) expect(move()).toBeUndefined();
    const since = isoTime(clock.now());
    expect(still(60)).toBe(11);
    expect(answer()).toBe(`the engine answers, but its timestamp stands still since ${since}`);
    expect(move()).toBeUndefined();
  });

  it('is judged from the third move on', () => {
    const { still, move, answer } = setUp();
    answer();
    move();
    move();
    expect(still(3600)).toBeUndefined();
    move();
    // The gap of an hour is one of those it has learned from.
    expect(still(10_000)).toBeUndefined();
    for (let count = 0; count < 9; count += 1) move();
    expect(still(60)).toBe(11);
  });

  it('is never told of an engine whose bars close each 60 s', () => {
    const { still, move } = setUp();
    for (let bar = 0; bar < 20; bar += 1) {
      move(60_000);
      expect(still(59)).toBeUndefined();
    }
    expect(still(200)).toBe(181 - 59);
  });

  it('allows three poll periods, however fast it moved', () => {
    const { still, move } = setUp(undefined, 30_000);
    for (let count = 0; count < 5; count += 1) move();
    expect(still(200)).toBe(91);
  });

  it('takes a clock that was set back for a move', () => {
    const { move, still } = setUp();
    for (let count = 0; count < 5; count += 1) move();
    expect(move(-3_600_000)).toBeUndefined();
    expect(still(60)).toBe(11);
  });

  it('is no matter while it may stand', () => {
    const { move, still, answer } = setUp();
    for (let count = 0; count < 5; count += 1) move();
    expect(still(3600, { mayStand: true })).toBeUndefined();
    expect(answer()).toBeUndefined();
    // From now on it has to move.
    expect(still(60)).toBe(10);
  });

  it('learns nothing from the time in which the engine rested', () => {
    const { move, still } = setUp();
    for (let count = 0; count < 5; count += 1) move();
    still(3600, { mayStand: true });
    move();
    expect(still(60)).toBe(11);
  });

  it('is told after the least time that is suspicious', () => {
    const { move, still } = setUp(undefined, 1000, 60_000);
    for (let count = 0; count < 5; count += 1) move();
    expect(still(100)).toBe(61);
  });

  it('counts an answer without a timestamp as one that does not move', () => {
    const { move, still } = setUp();
    for (let count = 0; count < 5; count += 1) move();
    expect(still(60, { time: undefined })).toBe(11);
  });

  it('is never told of an engine that gives no timestamp at all', () => {
    expect(setUp().still(3600, { time: undefined })).toBeUndefined();
  });

  it('is told after the limit that was set, from the first answer on, and never with 0', () => {
    expect(setUp(4000).still(60)).toBe(6);
    const { move, still } = setUp(0);
    for (let count = 0; count < 10; count += 1) move();
    expect(still(10_000)).toBeUndefined();
  });

  it('is never told while gaps stay within three times the longest of the last eight', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 40 }), (gaps) => {
        const { move, still } = setUp();
        for (const gap of gaps) {
          if (move() !== undefined) return false;
          if (still(gap - 1) !== undefined) return false;
        }
        return true;
      }),
    );
  });
});

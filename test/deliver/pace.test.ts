import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pace } from '../../src/deliver/pace.ts';
import { createManualClock } from '../support/manual-clock.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');

/** A pace, and when it let news through, in ms since a full second. */
function setUp(intervalMs: number, startedAt = start) {
  const clock = createManualClock(startedAt);
  const releases: number[] = [];
  const pace = new Pace(clock, intervalMs, () => releases.push(clock.now() - start));
  return { clock, releases, pace };
}

describe('Pace', () => {
  it('lets all news through at once where there is no interval', () => {
    const { clock, releases, pace } = setUp(0);
    for (let news = 0; news < 3; news += 1) pace.request();
    clock.advance(7);
    pace.request();
    expect(releases).toEqual([0, 0, 0, 7]);
  });

  it('waits for the next multiple of the interval, and gathers what comes before', () => {
    const { clock, releases, pace } = setUp(250, start + 90);
    pace.request();
    clock.advance(100);
    pace.request();
    expect(releases).toEqual([]);
    clock.advance(1000);
    expect(releases).toEqual([250]);
    pace.request();
    clock.advance(1000);
    expect(releases).toEqual([250, 1250]);
  });

  it('serves everyone with the same interval in the same moment, whenever they asked', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 999 }), { minLength: 1, maxLength: 5 }), (starts) => {
        const moments = starts.map((offset) => {
          const { clock, releases, pace } = setUp(1000, start + offset);
          pace.request();
          clock.advance(1000);
          return releases.join();
        });
        // Exactly on the second, the next one is a whole interval away.
        expect(new Set(moments)).toEqual(new Set(['1000']));
      }),
    );
  });

  it('never lets news through twice within an interval, and loses none, however it comes', () => {
    const interval = fc.constantFrom(50, 100, 250, 1000);
    fc.assert(
      fc.property(interval, fc.array(fc.nat({ max: 300 }), { maxLength: 50 }), (intervalMs, gaps) => {
        const { clock, releases, pace } = setUp(intervalMs);
        let lastRequest = 0;
        for (const gap of gaps) {
          clock.advance(gap);
          pace.request();
          lastRequest = clock.now() - start;
        }
        clock.advance(intervalMs);
        expect(releases.every((at) => at % intervalMs === 0)).toBe(true);
        expect(new Set(releases).size).toBe(releases.length);
        if (gaps.length > 0) expect(releases.at(-1)).toBeGreaterThan(lastRequest);
      }),
    );
  });

  it('lets nothing through once it is stopped', () => {
    const { clock, releases, pace } = setUp(100);
    pace.request();
    pace.stop();
    pace.stop();
    clock.advance(1000);
    expect(releases).toEqual([]);
  });
});

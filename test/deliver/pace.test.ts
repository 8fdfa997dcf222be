import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pace } from '../../src/deliver/pace.ts';
import { createManualClock } from '../support/manual-clock.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');

/** A pace, and when it let news through, in ms since a full second; of what is urgent, with its number. */
function setUp(intervalMs: number, startedAt = start) {
  const clock = createManualClock(startedAt);
  const releases: number[] = [];
  const urgent: string[] = [];
  const pace = new Pace(clock, intervalMs, {
    slot: () => releases.push(clock.now() - start),
    urgent: (seq) => urgent.push(`${clock.now() - start}: ${seq}`),
  });
  return { clock, releases, urgent, pace };
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

  it('has no slots where the interval never ends', () => {
    const { clock, releases, urgent, pace } = setUp(Number.POSITIVE_INFINITY);
    pace.news(2, []);
    pace.news(3, ['now']);
    clock.advance(10 * 60_000);
    expect({ releases, urgent }).toEqual({ releases: [], urgent: ['0: 3'] });
  });
});

describe('Pace of urgent news', () => {
  it('lets all of it through at once that must go now, and keeps its slots', () => {
    const { clock, releases, urgent, pace } = setUp(1000, start + 300);
    pace.news(2, ['now']);
    clock.advance(100);
    pace.news(3, ['now']);
    expect(urgent).toEqual(['300: 2', '400: 3']);
    clock.advance(2000);
    expect(releases).toEqual([1000]);
  });

  it('lets the first through at once of what is limited, then the last of each second', () => {
    const { clock, urgent, pace } = setUp(60_000, start + 500);
    for (let seq = 2; seq <= 25; seq += 1) {
      pace.news(seq, ['limited']);
      clock.advance(100);
    }
    clock.advance(5000);
    expect(urgent).toEqual(['500: 2', '1500: 11', '2500: 21', '3500: 25']);
    pace.news(26, ['limited']);
    expect(urgent.at(-1)).toBe('7900: 26');
  });

  it('lets nothing else through with what waited, however much has come since', () => {
    const { clock, urgent, pace } = setUp(60_000, start + 500);
    pace.news(2, ['limited']);
    pace.news(3, ['limited']);
    pace.news(4, []);
    clock.advance(1000);
    expect(urgent).toEqual(['500: 2', '1500: 3']);
  });

  it('takes what waits along with a slot, after which there is a second until the next', () => {
    const { clock, releases, urgent, pace } = setUp(1000, start + 700);
    pace.news(2, ['limited']);
    clock.advance(100);
    pace.news(3, ['limited']);
    clock.advance(300);
    pace.news(4, ['limited']);
    expect({ releases, urgent }).toEqual({ releases: [1000], urgent: ['700: 2', '1000: 3'] });
    clock.advance(1000);
    expect(urgent).toEqual(['700: 2', '1000: 3', '2000: 4']);
  });

  it('does not let what is limited hold back what must go now, and takes it along', () => {
    const { clock, urgent, pace } = setUp(60_000, start + 500);
    pace.news(2, ['now', 'limited']);
    pace.news(3, ['now', 'limited']);
    pace.news(4, ['now']);
    expect(urgent).toEqual(['500: 2', '500: 3', '500: 4']);
    clock.advance(1000);
    expect(urgent.slice(3)).toEqual(['1500: 3']);
  });

  it('lets nothing through twice where there is no interval', () => {
    const { clock, releases, urgent, pace } = setUp(0);
    pace.news(2, ['now', 'limited']);
    pace.news(3, ['limited']);
    clock.advance(5000);
    expect({ releases, urgent }).toEqual({ releases: [0, 0], urgent: [] });
  });

  it('forgets what waits once it is stopped', () => {
    const { clock, urgent, pace } = setUp(60_000);
    for (const seq of [2, 3]) pace.news(seq, ['limited']);
    pace.stop();
    clock.advance(5000);
    expect(urgent).toEqual(['0: 2']);
  });
});

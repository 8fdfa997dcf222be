import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PaceTimer } from '../../src/deliver/pace.ts';
import { createManualClock } from '../support/manual-clock.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');

/** A timer, and when it let news through, in ms since a full second; of what is urgent, with its number. */
function setUp(intervalMs: number, startedAt = start, isAligned = true) {
  const clock = createManualClock(startedAt);
  const releases: number[] = [];
  const urgent: string[] = [];
  const timer = new PaceTimer(
    clock,
    { intervalMs, isAligned },
    {
      slot: () => releases.push(clock.now() - start),
      urgent: (seq) => urgent.push(`${clock.now() - start}: ${seq}`),
    },
  );
  return { clock, releases, urgent, timer };
}

describe('PaceTimer', () => {
  it('lets all news through at once where there is no interval', () => {
    const { clock, releases, timer } = setUp(0);
    for (let news = 0; news < 3; news += 1) timer.request();
    clock.advance(7);
    timer.request();
    expect(releases).toEqual([0, 0, 0, 7]);
  });

  it('waits for the next multiple of the interval, and gathers what comes before', () => {
    const { clock, releases, timer } = setUp(250, start + 90);
    timer.request();
    clock.advance(100);
    timer.request();
    expect(releases).toEqual([]);
    clock.advance(1000);
    expect(releases).toEqual([250]);
    timer.request();
    clock.advance(1000);
    expect(releases).toEqual([250, 1250]);
  });

  it('serves everyone with the same interval in the same moment, whenever they asked', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 999 }), { minLength: 1, maxLength: 5 }), (starts) => {
        const moments = starts.map((offset) => {
          const { clock, releases, timer } = setUp(1000, start + offset);
          timer.request();
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
        const { clock, releases, timer } = setUp(intervalMs);
        let lastRequest = 0;
        for (const gap of gaps) {
          clock.advance(gap);
          timer.request();
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
    const { clock, releases, timer } = setUp(100);
    timer.request();
    timer.stop();
    timer.stop();
    clock.advance(1000);
    expect(releases).toEqual([]);
  });

  it('has no slots where the interval never ends', () => {
    const { clock, releases, urgent, timer } = setUp(Number.POSITIVE_INFINITY);
    timer.news(2, []);
    timer.news(3, ['now']);
    clock.advance(10 * 60_000);
    expect({ releases, urgent }).toEqual({ releases: [], urgent: ['0: 3'] });
  });
});

describe('PaceTimer that is not aligned', () => {
  const unaligned = (intervalMs: number) => setUp(intervalMs, start, false);

  it('lets news through at once that comes an interval after the last', () => {
    const { clock, releases, timer } = unaligned(2000);
    timer.request();
    clock.advance(2030);
    timer.request();
    clock.advance(2000);
    timer.request();
    expect(releases).toEqual([0, 2030, 4030]);
  });

  it('gathers what comes sooner until the interval is over', () => {
    const { clock, releases, timer } = unaligned(5000);
    for (let second = 0; second <= 20; second += 1) {
      timer.request();
      clock.advance(1000);
    }
    expect(releases).toEqual([0, 5000, 10_000, 15_000, 20_000]);
  });

  it('keeps news that comes each 59 s to an interval of 60 s', () => {
    const { clock, releases, timer } = unaligned(60_000);
    for (let poll = 0; poll < 4; poll += 1) {
      timer.request();
      clock.advance(59_000);
    }
    expect(releases).toEqual([0, 60_000, 120_000, 180_000]);
  });

  it('is on time again after a quiet interval, where one answer was late', () => {
    const { clock, releases, timer } = unaligned(2000);
    const changes = [0, 2600, 4000, 8000, 10_000];
    for (const at of changes) {
      clock.advance(start + at - clock.now());
      timer.request();
    }
    expect(releases).toEqual([0, 2600, 4600, 8000, 10_000]);
  });

  it('never lets news through twice within an interval, and loses none, however it comes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 3000 }), { minLength: 1, maxLength: 50 }), (gaps) => {
        const { clock, releases, timer } = unaligned(1000);
        let lastRequest = 0;
        for (const gap of gaps) {
          clock.advance(gap);
          timer.request();
          lastRequest = clock.now() - start;
        }
        clock.advance(1000);
        const apart = releases.slice(1).map((at, index) => at - (releases[index] ?? at));
        expect(apart.every((ms) => ms >= 1000)).toBe(true);
        expect(releases.at(-1)).toBeGreaterThanOrEqual(lastRequest);
      }),
    );
  });
});

describe('PaceTimer of urgent news', () => {
  it('lets all of it through at once that must go now, and keeps its slots', () => {
    const { clock, releases, urgent, timer } = setUp(1000, start + 300);
    timer.news(2, ['now']);
    clock.advance(100);
    timer.news(3, ['now']);
    expect(urgent).toEqual(['300: 2', '400: 3']);
    clock.advance(2000);
    expect(releases).toEqual([1000]);
  });

  it('lets the first through at once of what is limited, then the last of each second', () => {
    const { clock, urgent, timer } = setUp(60_000, start + 500);
    for (let seq = 2; seq <= 25; seq += 1) {
      timer.news(seq, ['limited']);
      clock.advance(100);
    }
    clock.advance(5000);
    expect(urgent).toEqual(['500: 2', '1500: 11', '2500: 21', '3500: 25']);
    timer.news(26, ['limited']);
    expect(urgent.at(-1)).toBe('7900: 26');
  });

  it('lets nothing else through with what waited, however much has come since', () => {
    const { clock, urgent, timer } = setUp(60_000, start + 500);
    timer.news(2, ['limited']);
    timer.news(3, ['limited']);
    timer.news(4, []);
    clock.advance(1000);
    expect(urgent).toEqual(['500: 2', '1500: 3']);
  });

  it('takes what waits along with a slot, after which there is a second until the next', () => {
    const { clock, releases, urgent, timer } = setUp(1000, start + 700);
    timer.news(2, ['limited']);
    clock.advance(100);
    timer.news(3, ['limited']);
    clock.advance(300);
    timer.news(4, ['limited']);
    expect({ releases, urgent }).toEqual({ releases: [1000], urgent: ['700: 2', '1000: 3'] });
    clock.advance(1000);
    expect(urgent).toEqual(['700: 2', '1000: 3', '2000: 4']);
  });

  it('does not let what is limited hold back what must go now, and takes it along', () => {
    const { clock, urgent, timer } = setUp(60_000, start + 500);
    timer.news(2, ['now', 'limited']);
    timer.news(3, ['now', 'limited']);
    timer.news(4, ['now']);
    expect(urgent).toEqual(['500: 2', '500: 3', '500: 4']);
    clock.advance(1000);
    expect(urgent.slice(3)).toEqual(['1500: 3']);
  });

  it('lets nothing through twice where there is no interval', () => {
    const { clock, releases, urgent, timer } = setUp(0);
    timer.news(2, ['now', 'limited']);
    timer.news(3, ['limited']);
    clock.advance(5000);
    expect({ releases, urgent }).toEqual({ releases: [0, 0], urgent: [] });
  });

  it('forgets what waits once it is stopped', () => {
    const { clock, urgent, timer } = setUp(60_000);
    for (const seq of [2, 3]) timer.news(seq, ['limited']);
    timer.stop();
    clock.advance(5000);
    expect(urgent).toEqual(['0: 2']);
  });
});

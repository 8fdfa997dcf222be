import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommitTiming, commitTimingDefaults } from '../../src/feed/commit-timing.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';

function create(maxRateHz = commitTimingDefaults.maxRateHz) {
  const clock: ManualClock = createManualClock();
  const commits: { at: number; event: number }[] = [];
  let staged = 0;
  const timing = new CommitTiming(clock, { ...commitTimingDefaults, maxRateHz }, () => {
    commits.push({ at: clock.monotonic(), event: staged });
  });
  const event = (): void => {
    staged += 1;
    timing.event();
  };
  return { clock, commits, timing, event, staged: () => staged };
}

describe('CommitTiming of events', () => {
  it('commits five at once, then one each 50 ms with the newest that came', () => {
    const { clock, commits, event } = create();
    for (let count = 0; count < 8; count += 1) event();
    expect(commits).toEqual([1, 2, 3, 4, 5].map((number) => ({ at: 0, event: number })));
    clock.advance(20);
    event();
    clock.advance(1000);
    expect(commits.slice(5)).toEqual([{ at: 50, event: 9 }]);
  });

  it('commits a steady stream 20 times a second after the burst', () => {
    const { clock, commits, event } = create();
    for (let millisecond = 0; millisecond < 10_000; millisecond += 1) {
      event();
      clock.advance(1);
    }
    expect(commits.length).toBeGreaterThanOrEqual(203);
    expect(commits.length).toBeLessThanOrEqual(205);
  });

  it('commits each event of a stream below the rate at once', () => {
    const { clock, commits, event } = create();
    for (let count = 1; count <= 100; count += 1) {
      clock.advance(50);
      event();
      expect(commits.at(-1)).toEqual({ at: count * 50, event: count });
    }
  });

  it('knows no cap with a rate of 0', () => {
    const { commits, event, clock } = create(0);
    for (let count = 0; count < 1000; count += 1) event();
    expect(commits).toHaveLength(1000);
    clock.advance(1000);
    expect(commits).toHaveLength(1000);
  });

  it('keeps a slow rate, too', () => {
    const { clock, commits, event } = create(1);
    for (let count = 0; count < 7; count += 1) event();
    clock.advance(999);
    expect(commits).toHaveLength(5);
    clock.advance(1);
    expect(commits.at(-1)).toEqual({ at: 1000, event: 7 });
  });

  it('commits nothing more of what waits once it is stopped', () => {
    const { clock, commits, timing, event } = create();
    for (let count = 0; count < 8; count += 1) event();
    timing.stop();
    timing.stop();
    clock.advance(1000);
    expect(commits).toHaveLength(5);
  });

  it('commits no answers that were being gathered when it was stopped', () => {
    const { clock, commits, timing } = create();
    timing.startRound(3).answered();
    timing.stop();
    clock.advance(1000);
    expect(commits).toEqual([]);
  });

  it('loses no last event, lets none wait while there are tokens, and keeps to the rate', () => {
    const gaps = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 200 })), { maxLength: 80 });
    fc.assert(
      fc.property(gaps, fc.constantFrom(1, 7, 20, 60, 1000), (waits, maxRateHz) => {
        const { clock, commits, event, staged } = create(maxRateHz);
        for (const wait of waits) {
          clock.advance(wait);
          event();
        }
        clock.advance(6000);
        expect(commits.at(-1)?.event ?? 0).toBe(staged());
        for (const [index, { at, event: number }] of commits.entries()) {
          const next = commits.slice(index);
          const within = (ms: number): number => next.filter((later) => later.at - at < ms).length;
          expect(within(1000)).toBeLessThanOrEqual(5 + maxRateHz);
          // Each commit carries something that the one before had not.
          expect(number).toBeGreaterThan(commits[index - 1]?.event ?? 0);
        }
      }),
      { numRuns: 60 },
    );
  });
});

function setUp() {
  const clock = createManualClock();
  const commits: number[] = [];
  const timing = new CommitTiming(clock, commitTimingDefaults, () => commits.push(clock.monotonic()));
  return { clock, commits, timing };
}

describe('CommitTiming with a beat', () => {
  it('commits at intervals though nobody says that anything changed', () => {
    const { clock, commits, timing } = setUp();
    timing.beat(5000);
    clock.advance(16_000);
    expect(commits).toEqual([5000, 10_000, 15_000]);
  });

  it('keeps the beat, and lets what must not wait come in between', () => {
    const { clock, commits, timing } = setUp();
    timing.beat(5000);
    clock.advance(4000);
    timing.event();
    timing.now();
    clock.advance(1000);
    expect(commits).toEqual([4000, 4000, 5000]);
  });

  it('has one beat, the newest', () => {
    const { clock, commits, timing } = setUp();
    timing.beat(1000);
    timing.beat(3000);
    clock.advance(3000);
    expect(commits).toEqual([3000]);
  });

  it('ends with everything else, and does not begin after that', () => {
    const { clock, commits, timing } = setUp();
    timing.beat(1000);
    timing.stop();
    timing.beat(1000);
    clock.advance(5000);
    expect(commits).toEqual([]);
  });
});

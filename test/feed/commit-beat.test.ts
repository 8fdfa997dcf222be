import { describe, expect, it } from 'vitest';
import { CommitTiming, commitTimingDefaults } from '../../src/feed/commit-timing.ts';
import { createManualClock } from '../support/manual-clock.ts';

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

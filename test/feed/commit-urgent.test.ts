import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommitTiming, commitTimingDefaults } from '../../src/feed/commit-timing.ts';
import { createManualClock } from '../support/manual-clock.ts';

/** Commits as `at what time: all that was staged since the last`; urgent events are capital letters. */
function create(maxRateHz = commitTimingDefaults.maxRateHz) {
  const clock = createManualClock();
  const commits: string[] = [];
  let staged = '';
  const timing = new CommitTiming(clock, { ...commitTimingDefaults, maxRateHz }, () => {
    commits.push(`${clock.monotonic()}:${staged}`);
    staged = '';
  });
  const events = (text: string): void => {
    for (const name of text) {
      staged += name;
      timing.event(name !== name.toLowerCase());
    }
  };
  const stage = (name: string): void => {
    staged += name;
  };
  return { clock, commits, timing, events, stage };
}

describe('CommitTiming of urgent events', () => {
  it('commits them at once, with what waits for the rate', () => {
    const { clock, commits, events } = create(1);
    events('abcdefg');
    clock.advance(10);
    events('Hi');
    clock.advance(10);
    events('J');
    expect(commits.slice(5)).toEqual(['10:fgH', '20:iJ']);
  });

  it('takes nothing from the rate of the others', () => {
    const { commits, events } = create();
    events('ABCabcde');
    expect(commits).toHaveLength(8);
  });

  it('commits 20 of them a second after a burst of 5, and the last one whatever comes', () => {
    const { clock, commits, events } = create(1);
    events('abcde');
    for (let millisecond = 0; millisecond < 2000; millisecond += 1) {
      events('X');
      clock.advance(1);
    }
    // Five at once, 40 in two seconds, and the two that the rate itself allows.
    expect(commits.length - 5).toBeGreaterThanOrEqual(45);
    expect(commits.length - 5).toBeLessThanOrEqual(48);
    events('Y');
    clock.advance(50);
    expect(commits.at(-1)).toMatch(/Y$/);
  });

  it('has them wait for the one rate or the other, whichever allows it first', () => {
    const slow = create(1);
    slow.events('abcdeVWXYZ');
    slow.events('Q');
    slow.clock.advance(50);
    expect(slow.commits.at(-1)).toBe('50:Q');
    const fast = create(100);
    fast.events('abcdeVWXYZ');
    fast.events('Q');
    fast.clock.advance(10);
    expect(fast.commits.at(-1)).toBe('10:Q');
  });

  it('has one that waits go earlier where an urgent one comes', () => {
    const { clock, commits, events } = create(1);
    events('abcdeVWXYZ');
    events('f');
    clock.advance(10);
    events('Q');
    clock.advance(40);
    expect(commits.at(-1)).toBe('50:fQ');
    clock.advance(5000);
    expect(commits.at(-1)).toBe('50:fQ');
  });

  it('commits none that waits once it is stopped', () => {
    const { clock, commits, events, timing } = create(1);
    events('abcdeVWXYZQ');
    timing.stop();
    events('R');
    clock.advance(5000);
    expect(commits).toHaveLength(10);
  });

  it('loses no last event, and keeps to both rates, whatever comes when', () => {
    const step = fc.tuple(fc.constantFrom(0, 1, 10, 60, 300), fc.constantFrom('x', 'x', 'X'));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.constantFrom(1, 7, 20), (steps, maxRateHz) => {
        const { clock, commits, events } = create(maxRateHz);
        let urgentAt = Number.NEGATIVE_INFINITY;
        for (const [wait, name] of steps) {
          clock.advance(wait);
          events(name);
          if (name === 'X') urgentAt = clock.monotonic();
        }
        clock.advance(50);
        const times = commits.map((commit) => Number.parseInt(commit, 10));
        if (urgentAt >= 0) expect(times.at(-1)).toBeGreaterThanOrEqual(urgentAt);
        clock.advance(6000);
        expect(commits.map((commit) => commit.replace(/^\d+:/, '')).join('')).toBe(
          steps.map(([, name]) => name).join(''),
        );
        for (const [index, at] of times.entries()) {
          const within = times.slice(index).filter((later) => later - at < 1000).length;
          expect(within).toBeLessThanOrEqual(5 + maxRateHz + 5 + 20);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('CommitTiming of what is told soon', () => {
  it('gathers what comes within 25 ms of the first', () => {
    const { clock, commits, timing, stage } = create();
    for (const name of ['a', 'b', 'c']) {
      stage(name);
      timing.soon();
      clock.advance(12);
    }
    expect(commits).toEqual(['25:abc']);
    clock.advance(1000);
    expect(commits).toHaveLength(1);
  });

  it('goes along with whatever is committed before', () => {
    const { clock, commits, timing, events, stage } = create();
    stage('s');
    timing.soon();
    clock.advance(5);
    events('e');
    clock.advance(5);
    stage('t');
    timing.soon();
    timing.now();
    stage('u');
    timing.soon();
    clock.advance(1000);
    expect(commits).toEqual(['5:se', '10:t', '35:u']);
  });

  it('is dropped where it is stopped', () => {
    const { clock, commits, timing } = create();
    timing.soon();
    timing.stop();
    timing.soon();
    clock.advance(1000);
    expect(commits).toEqual([]);
  });
});

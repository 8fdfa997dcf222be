import { describe, expect, it } from 'vitest';
import { CommitTiming, commitTimingDefaults } from '../../src/feed/commit-timing.ts';
import { createManualClock } from '../support/manual-clock.ts';

/** Commits as `at what time: all that was staged since the last`. */
function create(maxRateHz = commitTimingDefaults.maxRateHz) {
  const clock = createManualClock();
  const commits: string[] = [];
  let staged = '';
  const timing = new CommitTiming(clock, { ...commitTimingDefaults, maxRateHz }, () => {
    commits.push(`${clock.monotonic()}:${staged}`);
    staged = '';
  });
  const stage = (name: string): void => {
    staged += name;
  };
  const event = (name: string): void => {
    stage(name);
    timing.event();
  };
  const startRound = (polls: number) => {
    const round = timing.startRound(polls);
    return {
      answered(name: string) {
        stage(name);
        round.answered();
      },
      failed: round.failed,
    };
  };
  return { clock, commits, timing, stage, event, startRound };
}

describe('CommitTiming of a round of polls', () => {
  it('gathers what comes within 25 ms of the first answer into one commit', () => {
    const { clock, commits, startRound } = create();
    const round = startRound(3);
    clock.advance(100);
    round.answered('a');
    clock.advance(24);
    round.answered('b');
    expect(commits).toEqual([]);
    clock.advance(1);
    clock.advance(1000);
    expect(commits).toEqual(['125:ab']);
  });

  it('commits at once when every poll has ended', () => {
    const { clock, commits, startRound } = create();
    const round = startRound(3);
    round.answered('a');
    clock.advance(3);
    round.answered('b');
    round.failed(false);
    expect(commits).toEqual(['3:ab']);
    clock.advance(1000);
    expect(commits).toHaveLength(1);
  });

  it('commits a round of one poll with its answer', () => {
    const { commits, startRound } = create();
    startRound(1).answered('a');
    expect(commits).toEqual(['0:a']);
  });

  it('commits late answers as they come', () => {
    const { clock, commits, startRound } = create();
    const round = startRound(3);
    round.answered('a');
    clock.advance(300);
    round.answered('b');
    clock.advance(1);
    round.answered('c');
    expect(commits).toEqual(['25:a', '300:b', '301:c']);
  });

  it('commits nothing for polls that gave nothing and changed nothing', () => {
    const { clock, commits, startRound } = create();
    const round = startRound(3);
    for (const _ of [1, 2, 3]) round.failed(false);
    clock.advance(1000);
    expect(commits).toEqual([]);
  });

  it('does not wait for polls that failed before the only answer', () => {
    const { commits, startRound } = create();
    const round = startRound(3);
    round.failed(false);
    round.failed(false);
    round.answered('a');
    expect(commits).toEqual(['0:a']);
  });

  it('commits a failure that changed something as it does an answer', () => {
    const { clock, commits, startRound, stage } = create();
    const round = startRound(3);
    stage('stale');
    round.failed(true);
    clock.advance(10);
    round.answered('a');
    clock.advance(1000);
    stage('down');
    round.failed(true);
    expect(commits).toEqual(['25:stalea', '1010:down']);
  });

  it('commits nothing for a late failure that changed nothing', () => {
    const { clock, commits, startRound } = create();
    const round = startRound(2);
    round.answered('a');
    clock.advance(500);
    round.failed(false);
    expect(commits).toEqual(['25:a']);
  });

  it('keeps rounds apart: a late answer waits for no answer of the next one', () => {
    const { clock, commits, startRound } = create();
    const slow = startRound(2);
    slow.answered('a');
    clock.advance(1000);
    const next = startRound(2);
    next.answered('b');
    slow.answered('late');
    expect(commits).toEqual(['25:a', '1000:blate']);
    next.answered('c');
    expect(commits.at(-1)).toBe('1000:c');
  });

  it('is not bound by the rate of events, and takes nothing from it', () => {
    const { commits, event, startRound, timing, stage } = create();
    for (const name of ['1', '2', '3']) event(name);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) startRound(1).answered(name);
    stage('now');
    timing.now();
    for (const name of ['4', '5', '6']) event(name);
    expect(commits).toEqual(
      ['1', '2', '3', 'a', 'b', 'c', 'd', 'e', 'f', 'now', '4', '5'].map((name) => `0:${name}`),
    );
  });

  it('commits what was gathered along with an event, and the rest with its round', () => {
    const { clock, commits, event, startRound } = create();
    const round = startRound(3);
    round.answered('a');
    clock.advance(5);
    event('!');
    round.answered('b');
    clock.advance(100);
    expect(commits).toEqual(['5:a!', '25:b']);
  });
});

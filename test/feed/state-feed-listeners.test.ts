import { describe, expect, it } from 'vitest';
import { HistoryBudget, historyDefaults } from '../../src/feed/history.ts';
import { newStateFeed } from '../support/feeds.ts';

function create() {
  const budget = new HistoryBudget(historyDefaults);
  const feed = newStateFeed({ n: 0 }, { budget });
  const commit = (n: number): boolean => {
    feed.stage({ n });
    return feed.commit();
  };
  return { budget, feed, commit };
}

describe('StateFeed listeners', () => {
  it('are told within the commit, when the feed stands at the new version', () => {
    const { feed, commit } = create();
    const told: unknown[] = [];
    feed.onVersion((version, previous) => {
      told.push([version === feed.current, previous === feed.version(1), feed.position.seq, feed.pending.n]);
    });
    commit(1);
    expect(told).toEqual([[true, true, 2, 1]]);
  });

  it('are told in the order they came, until they stop', () => {
    const { feed, commit } = create();
    const told: string[] = [];
    const stopA = feed.onVersion(({ seq }) => void told.push(`a${seq}`));
    feed.onVersion(({ seq }) => void told.push(`b${seq}`));
    commit(1);
    stopA();
    stopA();
    commit(2);
    expect(told).toEqual(['a2', 'b2', 'b3']);
  });

  it('may stop themselves and each other while being told', () => {
    const { feed, commit } = create();
    const told: string[] = [];
    const stop = feed.onVersion(({ seq }) => {
      told.push(`a${seq}`);
      stop();
      stopOther();
    });
    const stopOther = feed.onVersion(({ seq }) => void told.push(`b${seq}`));
    feed.onVersion(({ seq }) => void told.push(`c${seq}`));
    commit(1);
    commit(2);
    expect(told).toEqual(['a2', 'c2', 'c3']);
  });

  it('may stage, which waits for the next commit', () => {
    const { feed, commit } = create();
    feed.onVersion(({ document }) => feed.stage({ ...document, seen: true }));
    commit(1);
    expect(feed.current.document).toEqual({ n: 1 });
    expect(feed.commit()).toBe(true);
    expect(feed.current.document).toEqual({ n: 1, seen: true });
  });

  it('are told each step from one version to the next once, also when one of them commits', () => {
    const { feed, commit } = create();
    const steps: string[] = [];
    feed.onVersion(({ seq }) => void (seq === 2 && commit(2)));
    feed.onVersion(({ seq }, previous) => void steps.push(`${previous.seq}-${seq}`));
    commit(1);
    expect(steps.sort()).toEqual(['1-2', '2-3']);
  });

  it('hear nothing of a closed feed', () => {
    const { feed, commit } = create();
    const told: number[] = [];
    feed.onVersion(({ seq }) => void told.push(seq));
    feed.close();
    commit(1);
    expect(told).toEqual([]);
  });
});

describe('StateFeed changedAt', () => {
  it('names the version that last changed, added or removed a section, and no later one', () => {
    const { feed } = create();
    const versions = [
      { n: 0, a: 1 },
      { n: 0, a: 1, b: [1] },
      { n: 0, b: [1] },
      { n: 1, b: [1] },
    ];
    for (const document of versions) {
      feed.stage(document);
      feed.commit();
    }
    expect(['n', 'a', 'b', 'never', 'toString'].map((key) => feed.changedAt(key))).toEqual([5, 4, 3, 1, 1]);
  });
});

describe('StateFeed once closed', () => {
  it('gives its history back', () => {
    const { budget, feed, commit } = create();
    commit(1);
    feed.close();
    feed.close();
    expect([budget.bytes, feed.version(feed.current.seq)]).toEqual([0, undefined]);
  });

  // A poll may still be under way when the last viewer of a document has gone.
  it('takes nothing of the shared bytes for what is committed late', () => {
    const { budget, feed, commit } = create();
    feed.close();
    for (let n = 1; n <= 10; n += 1) commit(n);
    expect(budget.bytes).toBe(0);
  });
});

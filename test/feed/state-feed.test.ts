import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { HistoryBudget, historyDefaults, type Version } from '../../src/feed/history.ts';
import { Projection } from '../../src/feed/projection.ts';
import { WritableStateFeed } from '../../src/feed/state-feed.ts';
import { deepFreeze } from '../support/arbitrary-json.ts';
import { heldBy, newStateFeed } from '../support/feeds.ts';
import { createManualClock } from '../support/manual-clock.ts';

function create(initial: JsonObject = { a: { x: 1 }, b: { y: 1 } }, options = historyDefaults) {
  const clock = createManualClock();
  const budget = new HistoryBudget(options);
  const feed = new WritableStateFeed({ initial: deepFreeze(initial), epoch: 'e1', clock, budget });
  const told: [Version, Version][] = [];
  feed.onVersion((version, previous) => told.push([version, previous]));
  const commit = (document: JsonObject, receivedAt?: number): boolean => {
    feed.stage(deepFreeze(document), receivedAt);
    return feed.commit();
  };
  return { clock, budget, feed, told, commit };
}

describe('StateFeed', () => {
  it('begins with its initial document as version 1', () => {
    const { clock, feed } = create();
    expect(feed.position).toEqual({ epoch: 'e1', seq: 1 });
    expect(feed.current).toMatchObject({ seq: 1, at: clock.now(), document: { a: { x: 1 }, b: { y: 1 } } });
    expect(heldBy(feed)).toEqual([feed.current]);
    expect(feed.pending).toBe(feed.current.document);
  });

  it('makes one version of all that was staged since the last', () => {
    const { feed, told, commit } = create();
    feed.stage({ ...feed.pending, a: { x: 2 } });
    feed.stage({ ...feed.pending, c: 1 });
    expect([feed.current.seq, told.length]).toEqual([1, 0]);
    expect(commit({ ...feed.pending, d: 1 })).toBe(true);
    expect(feed.current.document).toEqual({ a: { x: 2 }, b: { y: 1 }, c: 1, d: 1 });
    expect(feed.position).toEqual({ epoch: 'e1', seq: 2 });
    expect(told).toEqual([[feed.version(2), feed.version(1)]]);
  });

  it('makes none where nothing differs, by value and not by identity or key order', () => {
    const { feed, told, commit, budget } = create();
    const { current } = feed;
    const bytes = budget.bytes;
    expect(feed.commit()).toBe(false);
    expect(commit({ b: { y: 1 }, a: { x: 1 } })).toBe(false);
    expect([feed.current, feed.pending, told, budget.bytes]).toEqual([current, current.document, [], bytes]);
    expect(feed.current).toBe(current);
  });

  it('makes none of a change that was taken back before the commit', () => {
    const { feed, commit } = create();
    feed.stage({ a: { x: 2 }, b: { y: 1 } });
    expect(commit({ a: { x: 1 }, b: { y: 1 } })).toBe(false);
  });

  it('shares unchanged sections by identity, in the pending document too', () => {
    const { feed, commit } = create();
    const before = feed.current.document;
    commit({ a: { x: 1 }, b: { y: 2 } });
    expect(feed.current.document.a).toBe(before.a);
    expect(feed.current.document.b).not.toBe(before.b);
    expect(feed.pending).toBe(feed.current.document);
  });

  it('sees a section that is gone', () => {
    const { feed, commit } = create();
    expect(commit({ a: { x: 1 } })).toBe(true);
    expect(feed.current.document).toEqual({ a: { x: 1 } });
  });

  it('numbers versions without gaps and stamps them with the wall clock', () => {
    const { clock, feed, commit } = create({ n: 0 });
    const start = clock.now();
    for (const n of [1, 1, 2, 3]) {
      clock.advance(100);
      commit({ n });
    }
    expect(heldBy(feed).map(({ seq, at, document }) => [seq, at - start, document.n])).toEqual([
      [1, 0, 0],
      [2, 100, 1],
      [3, 300, 2],
      [4, 400, 3],
    ]);
  });

  it('keeps the earliest time that an event in a version was received', () => {
    const { feed, commit } = create({ n: 0 });
    feed.stage({ n: 1 }, 30);
    feed.stage({ n: 2 }, 10);
    feed.stage({ n: 3 });
    commit({ n: 4 }, 20);
    expect(feed.current.receivedAt).toBe(10);
    commit({ n: 5 });
    expect(feed.current.receivedAt).toBeUndefined();
  });

  it('forgets the time of an event that changed nothing', () => {
    const { feed, commit } = create({ n: 0 });
    expect(commit({ n: 0 }, 10)).toBe(false);
    commit({ n: 1 });
    expect(feed.current.receivedAt).toBeUndefined();
  });

  it('keeps its history within seconds, the newest always', () => {
    const { clock, feed, commit } = create({ n: 0 }, { ...historyDefaults, historySeconds: 10 });
    for (let n = 1; n <= 30; n += 1) {
      clock.advance(1000);
      commit({ n });
    }
    expect(heldBy(feed).map(({ document }) => document.n)).toEqual([
      20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
    ]);
    expect([feed.version(20)?.seq, feed.version(21)?.document.n]).toEqual([undefined, 20]);
    clock.advance(3_600_000);
    commit({ n: 31 });
    expect(heldBy(feed)).toEqual([feed.current]);
  });

  it('counts a shared section once', () => {
    const { budget, commit, feed } = create({ n: 0, large: 'x'.repeat(100_000) });
    const before = budget.bytes;
    for (let n = 1; n <= 10; n += 1) commit({ n, large: 'x'.repeat(100_000) });
    expect(heldBy(feed)).toHaveLength(11);
    expect(before).toBeGreaterThan(100_000);
    expect(budget.bytes - before).toBeLessThan(2000);
  });
});

const noHistory = { historySeconds: 0, historyMaxBytes: 0 };

function setUp() {
  const feed = newStateFeed({ market: { price: 1 }, count: 0 }, { budget: new HistoryBudget(noHistory) });
  const projection = (sections: readonly string[] | undefined) => new Projection(feed, sections);
  const news = { whole: 0, narrowed: 0 };
  const [whole, narrowed] = [projection(undefined), projection(['market'])];
  feed.onVersion((version, previous) => {
    if (whole.differs(version, previous)) news.whole += 1;
    if (narrowed.differs(version, previous)) news.narrowed += 1;
  });
  return { feed, news, narrowed };
}

describe('StateFeed that always makes a version', () => {
  it('has news though nothing differs, and the same document in it', () => {
    const { feed, news } = setUp();
    const before = feed.current;
    feed.stage({ market: { price: 1 }, count: 0 });
    expect(feed.commit(true)).toBe(true);
    expect(feed.commit(true)).toBe(true);
    expect(feed.position.seq).toBe(before.seq + 2);
    expect(feed.current.document).toEqual(before.document);
    expect(feed.current.document.market).toBe(before.document.market);
    expect(news.whole).toBe(2);
  });

  it('has none for who sees some sections, of which none changed', () => {
    const { feed, news, narrowed } = setUp();
    feed.commit(true);
    expect(news.narrowed).toBe(0);
    expect(narrowed.position.seq).toBe(1);
  });

  it('makes one version where something differs', () => {
    const { feed, news } = setUp();
    feed.stage({ market: { price: 2 }, count: 0 });
    feed.commit(true);
    expect([feed.position.seq, news.whole, news.narrowed]).toEqual([2, 1, 1]);
  });
});

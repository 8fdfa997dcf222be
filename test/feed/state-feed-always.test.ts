import { describe, expect, it } from 'vitest';
import { HistoryBudget } from '../../src/feed/history.ts';
import { Projection } from '../../src/feed/projection.ts';
import { newStateFeed } from '../support/feeds.ts';

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

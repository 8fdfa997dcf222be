import { describe, expect, it } from 'vitest';
import { waitFor } from '../../../support/wait.ts';
import { second, state } from './aggregate-set-up.ts';
import { setUpDocuments } from './documents-set-up.ts';

/** Documents of which the engine's own is about SPY, and AAPL is looked at. */
async function setUp(test: Parameters<typeof setUpDocuments>[0]) {
  const subject = setUpDocuments(test);
  subject.event(state);
  const apple = subject.documents.acquire('AAPL');
  if (apple === undefined) throw new Error('no document');
  return { ...subject, apple, market: () => apple.resource.feed.pending.market };
}

describe('Documents, given events', () => {
  it('takes an event to the document of its symbol only', async (test) => {
    const { event, feed, market, refused } = await setUp(test);
    event({ market: { symbol: 'AAPL', price: 7 } });
    expect(market()).toMatchObject({ symbol: 'AAPL', price: 7 });
    expect(feed.pending.market).toMatchObject({ symbol: 'SPY', price: 450.32 });
    event({ market: { symbol: 'SPY', price: 8 } });
    expect(market()).toMatchObject({ price: 7 });
    expect(feed.pending.market).toMatchObject({ price: 8 });
    expect(refused('other_symbol')).toBe(0);
  });

  it('takes an event without a symbol to the engine’s own document', async (test) => {
    const { event, feed, apple } = await setUp(test);
    event({ market: { price: 9 }, portfolio: { nav: 3 } });
    expect(feed.pending).toMatchObject({ market: { price: 9 }, portfolio: { nav: 3 } });
    expect(apple.resource.feed.pending).toMatchObject({ market: { price: 0 }, portfolio: { nav: 0 } });
  });

  it('ignores and counts an event about a symbol that nobody looks at, all of it', async (test) => {
    const { event, feed, refused, log } = await setUp(test);
    const before = feed.pending;
    event({ status: 'HALT', timestamp: second(9), market: { symbol: 'QQQ', price: 1 } });
    event({ type: 'x', data: { market: { symbol: 'spy' } } });
    expect(feed.pending).toBe(before);
    expect(refused('other_symbol')).toBe(2);
    expect(log.entries.filter(({ level }) => level !== 'debug')).toEqual([]);
  });

  it('takes any symbol for the engine’s own before the engine said which it is', (test) => {
    const { event, feed, refused } = setUpDocuments(test);
    event({ market: { symbol: 'QQQ', price: 1 } });
    expect(feed.pending.market).toMatchObject({ symbol: 'QQQ', price: 1 });
    event({ market: { symbol: 'SPY', price: 2 } });
    expect(feed.pending.market).toMatchObject({ symbol: 'QQQ', price: 1 });
    expect(refused('other_symbol')).toBe(1);
  });

  it('takes an event to both where the engine’s own document has the same symbol', (test) => {
    const { event, feed, documents } = setUpDocuments(test);
    event(state);
    const spy = documents.acquire('SPY');
    event({ market: { symbol: 'SPY', price: 5 } });
    expect([feed.pending.market, spy?.resource.feed.pending.market]).toMatchObject([
      { price: 5 },
      { price: 5 },
    ]);
  });

  it('counts an event as refused where the document is full, once', (test) => {
    const { event, refused, feed } = setUpDocuments(test);
    for (let index = 0; index < 24; index += 1) event({ [`key${index}`]: 'x'.repeat(1_000_000) });
    expect(refused('document_full')).toBeGreaterThan(0);
    expect(JSON.stringify(feed.pending).length).toBeLessThan(17 * 1024 * 1024);
  });

  it('refuses what is no event before any document sees it', async (test) => {
    const { event, apple, feed, refused } = await setUp(test);
    const before = [feed.pending, apple.resource.feed.pending];
    event('[]');
    event('nonsense');
    expect([feed.pending, apple.resource.feed.pending]).toEqual(before);
    expect([refused('shape'), refused('malformed')]).toEqual([1, 1]);
  });

  it('names a field of a wrong type on the state of the document that the event is about', async (test) => {
    const { event, shown, apple, clock } = await setUp(test);
    event({ market: { symbol: 'AAPL', price: 'high' } });
    clock.advance(50);
    const notes = ['market.price: expected a number, got a string'];
    expect(apple.resource.feed.current.document).toMatchObject({
      market: { symbol: 'AAPL', price: null },
      sources: { state: { notes } },
    });
    expect(shown()).not.toHaveProperty(['sources', 'state', 'notes']);
    event({ market: { symbol: 'AAPL', price: 7 } });
    clock.advance(50);
    expect(apple.resource.feed.current.document).toMatchObject({ market: { price: 7 } });
    expect(apple.resource.feed.current.document).not.toHaveProperty(['sources', 'state', 'notes']);
  });

  it('routes by the symbol that the engine’s answers have now', async (test) => {
    const { event, feed, documents, answer } = await setUp(test);
    documents.poll();
    await answer('state', { ...state, timestamp: second(5), market: { ...state.market, symbol: 'QQQ' } });
    await waitFor('the answer', () => documents.engine.symbol === 'QQQ');
    event({ market: { symbol: 'SPY', price: 1 } });
    expect(feed.pending.market).toMatchObject({ symbol: 'QQQ', price: 450.32 });
  });

  it('takes of an event about another symbol what is that symbol’s alone, and counts that the rest is lost', async (test) => {
    const { event, apple, feed, market, answer, refused, clock } = await setUp(test);
    const shared = { agents: { A: { x: 1 } }, models: { M: {} } };
    event({ status: 'HALT', market: { symbol: 'AAPL', price: 7 }, ...shared });
    expect(market()).toMatchObject({ price: 7 });
    expect(refused('other_symbol')).toBe(1);
    await answer('state of AAPL', { ...state, market: { ...state.market, symbol: 'AAPL' } });
    await apple.resource.settled;
    clock.advance(50);
    for (const { pending } of [apple.resource.feed, feed]) {
      expect(pending).toMatchObject({ agents: {}, models: {} });
    }
  });

  it('loses nothing of an event that is about the engine’s own symbol too', (test) => {
    const { event, feed, documents, refused, clock } = setUpDocuments(test);
    event(state);
    const spy = documents.acquire('SPY');
    event({ market: { symbol: 'SPY', price: 5 }, agents: { A: { x: 1 } } });
    clock.advance(50);
    expect(feed.pending.agents).toEqual({ A: { x: 1 } });
    expect(spy?.resource.feed.pending).toMatchObject({ market: { price: 5 }, agents: { A: { x: 1 } } });
    expect(refused('other_symbol')).toBe(0);
  });
});

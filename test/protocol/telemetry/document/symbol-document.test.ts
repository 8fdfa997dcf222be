import { describe, expect, it } from 'vitest';
import { waitFor } from '../../../support/wait.ts';
import { setUpClients } from '../client-set-up.ts';
import { state } from './aggregate-set-up.ts';
import { setUpDocuments } from './documents-set-up.ts';

const apple = { ...state, market: { ...state.market, symbol: 'AAPL', price: 190 } };

describe('SymbolDocument', () => {
  it('asks the engine once for all viewers, at once, with the symbol in the query', async (test) => {
    const { documents, asked, answer } = setUpDocuments(test);
    const [first, second] = [documents.acquire('AAPL'), documents.acquire('AAPL')];
    expect(second?.resource).toBe(first?.resource);
    expect(asked('state of AAPL')).toBe(1);
    await answer('state of AAPL', apple);
    await first?.resource.settled;
    expect(first?.resource.feed.pending).toMatchObject({ market: { symbol: 'AAPL', price: 190 } });
  });

  it('passes a symbol as a value, whatever is in it', (test) => {
    const { documents, asked } = setUpDocuments(test);
    documents.acquire('^GSPC=X');
    expect(asked('state of ^GSPC=X')).toBe(1);
  });

  it('shares agents and models with the engine’s document', async (test) => {
    const { documents, event, answer, clock } = setUpDocuments(test);
    event({ agents: { A: { x: 1 } } });
    const lease = documents.acquire('AAPL');
    await answer('state of AAPL', { ...apple, agents: { B: {} }, extra: 1 });
    await lease?.resource.settled;
    clock.advance(50);
    expect(lease?.resource.feed.current.document).toMatchObject({ agents: { A: { x: 1 } }, extra: 1 });
    event({ agents: { A: { x: 2 } } });
    clock.advance(50);
    expect(lease?.resource.feed.current.document).toMatchObject({
      agents: { A: { x: 2 } },
      market: { symbol: 'AAPL' },
      sources: { state: { status: 'fresh' }, agents: { status: 'down' } },
    });
  });

  it('loses a key with the engine’s document, when a further source sends it no more', async (test) => {
    const sources = [{ name: 'risk', path: '/risk' }];
    const { documents, feeds, answer, clock } = setUpDocuments(test, { sources });
    feeds.start();
    await answer('/risk', { limit: 5, used: 1 });
    const lease = documents.acquire('AAPL');
    await answer('state of AAPL', apple);
    await lease?.resource.settled;
    const shown = () => lease?.resource.feed.current.document ?? {};
    clock.advance(50);
    expect(shown()).toMatchObject({ limit: 5, used: 1 });
    documents.engine.poll(new Set(['risk']));
    await answer('/risk', { limit: 5 });
    await waitFor('the answer', () => !('used' in documents.engine.feed.pending));
    clock.advance(50);
    expect(shown()).toMatchObject({ limit: 5 });
    expect(shown()).not.toHaveProperty('used');
  });

  it('shows nothing of the engine’s document before it is committed there', async (test) => {
    const { documents, feeds, event, answer, clock, feed } = setUpDocuments(test);
    event(state);
    const lease = documents.acquire('AAPL');
    await answer('state of AAPL', apple);
    await lease?.resource.settled;
    feeds.start();
    await answer('agents', { A: { x: 1 } });
    await waitFor('the answer', () => Object.keys(Object(feed.pending.agents)).length === 1);
    event({ market: { symbol: 'AAPL', price: 191 } });
    const shown = () => lease?.resource.feed.current.document;
    expect(shown()).toMatchObject({
      market: { price: 191 },
      agents: {},
      sources: { agents: { status: 'down' } },
    });
    expect(shown()).not.toHaveProperty('agents.A');
    clock.advance(25);
    expect(shown()).toMatchObject({ agents: { A: { x: 1 } }, sources: { agents: { status: 'fresh' } } });
  });

  it('takes no state of another symbol for its own', async (test) => {
    const { documents, answer } = setUpDocuments(test);
    const lease = documents.acquire('AAPL');
    // An engine that does not know the parameter answers with its default.
    await answer('state of AAPL', state);
    await lease?.resource.settled;
    expect(lease?.resource.feed.pending.market).toMatchObject({ symbol: 'AAPL', price: 0 });
    expect(lease?.resource.isUnknown).toBe(false);
  });

  it('asks while it is looked at and not after, and keeps epoch and history for 30 s', async (test) => {
    const { documents, asked, answer, clock } = setUpDocuments(test);
    const lease = documents.acquire('AAPL');
    await answer('state of AAPL', apple);
    await lease?.resource.settled;
    const epoch = lease?.resource.feed.epoch;
    lease?.release();
    documents.poll();
    clock.advance(29_000);
    expect(asked('state of AAPL')).toBe(1);
    const again = documents.acquire('AAPL');
    expect(again?.resource.feed.epoch).toBe(epoch);
    expect(asked('state of AAPL')).toBe(2);
    again?.release();
    clock.advance(31_000);
    expect(documents.acquire('AAPL')?.resource.feed.epoch).not.toBe(epoch);
  });

  it('has nobody alarmed when its last viewer leaves: it is not asked any more, that is all', async (test) => {
    const { documents, answer, clock, log } = setUpDocuments(test, { POLL_CRON: '* * * * * *' });
    const lease = documents.acquire('AAPL');
    await answer('state of AAPL', apple);
    await lease?.resource.settled;
    const state = () => lease?.resource.feed.current.document.sources;
    const seq = lease?.resource.feed.current.seq;
    lease?.release();
    clock.advance(29_000);
    expect(state()).toMatchObject({ state: { status: 'fresh' } });
    expect(lease?.resource.feed.current.seq).toBe(seq);
    expect(log.entries).toEqual([]);
    // Who looks now sees how old it is, until the engine has answered.
    documents.acquire('AAPL');
    expect(state()).toMatchObject({ state: { status: 'stale' } });
    await answer('state of AAPL', apple);
    await lease?.resource.settled;
    expect(state()).toMatchObject({ state: { status: 'fresh' } });
    expect(log.entries).toEqual([]);
  });

  it('gives back the bytes of its history when it closes', async (test) => {
    const { documents, budget, clock } = setUpDocuments(test);
    const before = budget.bytes;
    const lease = documents.acquire('AAPL');
    expect(budget.bytes).toBeGreaterThan(before);
    lease?.release();
    clock.advance(31_000);
    expect(budget.bytes).toBe(before);
  });

  it('is refused over MAX_SYMBOLS, and takes the place of one that only lingers', (test) => {
    const { documents } = setUpDocuments(test, { MAX_SYMBOLS: 2 });
    const [first] = [documents.acquire('A'), documents.acquire('B')];
    expect(documents.acquire('C')).toBeUndefined();
    first?.release();
    expect(documents.acquire('C')).toBeDefined();
  });

  it.each([404, 500])(
    'is unknown where the engine answers 404, and for no other reason: %i',
    async (status) => {
      const tasks: (() => void | Promise<void>)[] = [];
      const { documents, fail } = setUpDocuments({ onTestFinished: (task) => void tasks.push(task) });
      const lease = documents.acquire('NOPE');
      let told = 0;
      lease?.resource.onUnknown(() => {
        told += 1;
      });
      await fail('state of NOPE', status);
      await lease?.resource.settled;
      expect([lease?.resource.isUnknown, told]).toEqual([status === 404, status === 404 ? 1 : 0]);
      for (const task of tasks) await task();
    },
  );
});

describe('A client of an unknown symbol', () => {
  it('is told so, and gets the default document with its epoch', async (test) => {
    const { connect, fail, feed, change } = setUpClients(test);
    const client = connect({ mode: 'delta', symbol: 'NOPE', sections: ['market', 'note'] });
    const other = connect({ symbol: 'AAPL' });
    await fail('state of NOPE', 404);
    await waitFor('the error', () => client.types().length === 3);
    expect(client.types()).toEqual(['WELCOME', 'ERROR', 'TELEMETRY']);
    expect(client.packets()[1]).toMatchObject({
      code: 'UNKNOWN_SYMBOL',
      message: expect.stringContaining('NOPE'),
    });
    expect(client.last()).toMatchObject({
      epoch: expect.stringMatching(`^${feed.epoch}\\.`),
      data: { market: { symbol: 'SPY' } },
    });
    change();
    expect(client.last()).toMatchObject({ type: 'DELTA', patch: { market: { price: 1 } } });
    expect(other.types()).toEqual(['WELCOME']);
  });

  it('is told so at SUBSCRIBE too, after the ACK', async (test) => {
    const { connect, fail } = setUpClients(test);
    const client = connect();
    client.say({ type: 'SUBSCRIBE', symbol: 'NOPE' });
    await fail('state of NOPE', 404);
    await waitFor('the error', () => client.types().length === 5);
    expect(client.types()).toEqual(['WELCOME', 'ACK', 'TELEMETRY', 'ERROR', 'TELEMETRY']);
    client.say({ type: 'SUBSCRIBE', symbol: 'NOPE' });
    await waitFor('the next error', () => client.types().length === 9);
    expect(client.types().slice(5)).toEqual(['ACK', 'TELEMETRY', 'ERROR', 'TELEMETRY']);
  });
});

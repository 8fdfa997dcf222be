import { describe, expect, it } from 'vitest';
import type { TelemetryViewOptions } from '../../../../src/protocol/telemetry/view/options.ts';
import { waitFor } from '../../../support/wait.ts';
import { setUpClients } from '../client-set-up.ts';
import { state } from '../document/aggregate-set-up.ts';

const apple = { ...state, market: { ...state.market, symbol: 'AAPL' } };

/** A state is fresh for two seconds. */
const eachSecond = { settings: { POLL_CRON: '* * * * * *' } };
const freshMs = 2000;
const gatherMs = 25;

const views: readonly Partial<TelemetryViewOptions>[] = [
  { interval: 30_000 },
  { interval: 10_000, mode: 'delta' },
  { interval: 60_000, sections: ['logs'], encoding: 'msgpack' },
  { interval: 'pause' },
  { interval: 'pause', mode: 'delta', sections: ['agents'] },
];

describe('What is urgent', () => {
  it.for(views)('reaches a client with %o at once, and figures do not', (view, test) => {
    const { connect, change, event } = setUpClients(test);
    const client = connect(view);
    change({ logs: [] });
    expect(client.types()).toEqual(['WELCOME']);
    event({ status: 'HALT' });
    expect(client.types()).toHaveLength(2);
    expect(client.read()).toMatchObject({ faults: [], document: { status: 'HALT' } });
    expect(client.read().document).toHaveProperty('sources');
  });

  it.for(views)('is, for a client with %o, that the state is not fresh any more', async (view, test) => {
    const { connect, clock, freshen } = setUpClients(test, eachSecond);
    await freshen();
    const client = connect(view);
    clock.advance(freshMs + gatherMs);
    const { document, types, faults } = client.read();
    expect({ document, faults }).toMatchObject({ document: { sources: { state: { status: 'stale' } } } });
    expect(types).toHaveLength(2);
    expect(faults).toEqual([]);
  });

  it('is what an event says of the status of a symbol, to who looks at that', async (test) => {
    const { connect, answer, event, documents } = setUpClients(test);
    const client = connect({ symbol: 'AAPL', interval: 30_000 });
    await answer('state of AAPL', apple);
    await documents.acquire('AAPL')?.resource.settled;
    await waitFor('the answer', () => client.types().length === 2);
    expect(client.last()).toMatchObject({ data: { status: 'ACTIVE' } });
    event({ market: { symbol: 'AAPL', price: 1 } });
    expect(client.types()).toHaveLength(2);
    event({ status: 'HALT', market: { symbol: 'AAPL' } });
    expect(client.last()).toMatchObject({ data: { status: 'HALT', market: { price: 1 } } });
  });

  it('is the freshness of a symbol’s own state, and of what it shares with the engine’s document', async (test) => {
    const { connect, answer, clock, freshen } = setUpClients(test, eachSecond);
    await freshen();
    const client = connect({ symbol: 'AAPL', interval: 'pause' });
    await answer('state of AAPL', apple);
    await waitFor('the answer', () => client.types().length === 2);
    const stale = { status: 'stale' };
    clock.advance(freshMs + gatherMs);
    expect(client.last()).toMatchObject({
      data: { sources: { state: stale, agents: stale, models: stale } },
    });
    expect(client.types()).toHaveLength(3);
  });

  it('comes again, whole, with a SUBSCRIBE that ends the pause', (test) => {
    const { connect, change } = setUpClients(test);
    const client = connect({ interval: 'pause', mode: 'delta' });
    change();
    client.say({ type: 'SUBSCRIBE', interval: 100 });
    expect(client.types()).toEqual(['WELCOME', 'ACK', 'TELEMETRY']);
    expect(client.last()).toMatchObject({ data: { market: { price: 1 } } });
    client.say({ type: 'SUBSCRIBE', interval: 'pause' });
    expect(client.packets().at(-2)).toMatchObject({ type: 'ACK', granted: { interval: 'pause' } });
    client.say({ type: 'SUBSCRIBE', interval: 'paused' });
    expect(client.last()).toMatchObject({
      type: 'ERROR',
      code: 'BAD_OPTION',
      message: expect.stringMatching(/^interval: .*pause/),
    });
  });
});

describe('A plain client', () => {
  it('is repeated its packet only while the state is fresh, and told once when it is not', async (test) => {
    const { connect, answer, clock, freshen, documents } = setUpClients(test, eachSecond);
    await freshen();
    const client = connect();
    clock.advance(freshMs + gatherMs);
    expect(client.types()).toEqual(['WELCOME', 'TELEMETRY']);
    expect(client.last()).toMatchObject({ data: { sources: { state: { status: 'stale' } } } });
    clock.advance(29_000);
    expect(client.types()).toHaveLength(2);
    // Given up: that is told as well.
    clock.advance(1000);
    expect(client.last()).toMatchObject({ data: { sources: { state: { status: 'down' } } } });
    expect(client.types()).toHaveLength(3);
    // Less than the poll under way may take: it is that one which is answered.
    clock.advance(20_000);
    expect(client.types()).toHaveLength(3);
    documents.poll();
    await answer('state', state);
    await waitFor('the state', () => {
      clock.advance(gatherMs);
      return client.types().length === 4;
    });
    expect(client.last()).toMatchObject({ data: { sources: { state: { status: 'fresh' } } } });
  });

  it('is repeated its packet again once the state is fresh again', async (test) => {
    const { connect, answer, fail, clock, freshen, documents } = setUpClients(test);
    await freshen();
    const client = connect();
    for (let failures = 0; failures < 5; failures += 1) {
      documents.poll();
      await fail('state', 404);
    }
    await waitFor('the end of it', () => client.types().length === 2);
    clock.advance(60_000);
    expect(client.types()).toHaveLength(2);
    documents.poll();
    await answer('state', state);
    await waitFor('the state', () => client.types().length === 3);
    const { seq } = client.last();
    clock.advance(5500);
    expect(client.types()).toHaveLength(4);
    expect(client.last()).toMatchObject({ type: 'TELEMETRY', seq });
  });

  it('of a symbol goes by the freshness of that', async (test) => {
    const { connect, answer, clock, freshen } = setUpClients(test);
    await freshen();
    // Polled once a year, so that what was fresh is fresh for long.
    const [plain, ofSymbol] = [connect(), connect({ symbol: 'AAPL' })];
    clock.advance(5500);
    expect([plain.types().length, ofSymbol.types().length]).toEqual([2, 1]);
    await answer('state of AAPL', apple);
    await waitFor('the answer', () => ofSymbol.types().length === 2);
    clock.advance(5500);
    expect([plain.types().length, ofSymbol.types().length]).toEqual([3, 3]);
  });
});

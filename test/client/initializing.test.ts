import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startGateway } from '../support/gateway.ts';
import { useIn, waitFor } from '../support/wait.ts';
import { useClient } from './client-set-up.ts';
import { connectToFake, granted, initialOf, sourcesOf } from './fake-gateway.ts';
import { connectToStreams } from './fake-streams.ts';

const spoken = { status: 'ACTIVE', market: { symbol: 'SPY', price: 450 }, sources: sourcesOf('fresh') };

describe('Before the engine has spoken', () => {
  it('there is no document, and nothing is live', async () => {
    const { client, socket } = await connectToFake();
    const heard: unknown[] = [];
    client.on('update', (update) => heard.push(update));
    client.select('market.price', (price) => heard.push(price));
    client.select(
      ({ market }) => market,
      (market) => heard.push(market),
    );
    socket.welcome(initialOf());
    expect(client.document).toEqual({});
    expect(heard).toEqual([]);
    expect(client.status).toMatchObject({
      state: 'connecting',
      transport: 'websocket',
      reason: 'the engine has not answered yet',
    });
    expect(client.freshness).toMatchObject({ isFresh: false, unchangedMs: undefined, sources: 'down' });
    expect(client.stats).toMatchObject({ packets: 1, full: 1, updates: 0 });
  });

  it('it says what is known: the sources, why the engine is silent, the options and the version', async () => {
    const { client, socket } = await connectToFake();
    socket.welcome(initialOf('nobody listens: ECONNREFUSED'), 7);
    const expected = { state: 'initializing', error: 'nobody listens: ECONNREFUSED', ageMs: undefined };
    for (const path of [undefined, 'market.price', 'agents']) {
      expect(client.freshness.of(path)).toMatchObject(expected);
    }
    expect(client.sources).toMatchObject({ state: { status: 'down' } });
    expect(client.granted).toEqual(granted);
    expect(client.position).toEqual({ epoch: 'e', seq: 7 });
  });

  it('deltas are applied all the same, and the first word of the engine is the first document', async () => {
    const { client, socket } = await connectToFake({ mode: 'delta' });
    const updates: unknown[] = [];
    const prices: unknown[] = [];
    client.on('update', ({ previous, changed }) => updates.push([previous, changed]));
    client.select('market.price', (price, before) => prices.push([price, before]));
    socket.welcome(initialOf());
    socket.say({ type: 'DELTA', seq: 2, base: 1, patch: { market: { symbol: 'SPY' } } });
    expect(client.document).toEqual({});
    const patch = { status: 'ACTIVE', market: { price: 450 }, sources: sourcesOf('fresh', { error: null }) };
    socket.say({ type: 'DELTA', seq: 3, base: 2, patch });
    expect(client.document.market).toEqual({ symbol: 'SPY', price: 450 });
    expect(client.status).toMatchObject({ state: 'live', reason: '' });
    expect(updates).toEqual([[{}, ['status', 'market', 'portfolio', 'sources']]]);
    expect(prices).toEqual([[450, undefined]]);
    expect(socket.sentOf('RESYNC')).toEqual([]);
  });

  it('a new connection goes on from the version that is held', async () => {
    const { socket, sockets, advance } = await connectToFake({ mode: 'delta' });
    socket.welcome(initialOf(), 7);
    socket.end();
    await advance(1000);
    expect(sockets.at(-1)?.url).toContain('since=e-7');
  });

  it('an engine that says INITIALIZING itself has spoken', async () => {
    const { client, socket } = await connectToFake();
    socket.welcome({ ...initialOf(), sources: sourcesOf('fresh') });
    expect(client.document).toMatchObject({ status: 'INITIALIZING', market: { price: 0 } });
    expect(client.status.state).toBe('live');
    expect(client.freshness.of('market.price').state).toBe('fresh');
  });

  it('a PONG makes no figures of zeros', async () => {
    const { client, socket } = await connectToFake();
    socket.welcome(initialOf());
    socket.say({ type: 'PONG', t: 0, server_time: '', state: 'fresh' });
    expect(client.document).toEqual({});
    expect(client.freshness).toMatchObject({ isFresh: false });
    expect(client.status.state).toBe('connecting');
  });

  it('an iterator waits', async () => {
    const { client, socket } = await connectToFake();
    let given: unknown;
    const next = client[Symbol.asyncIterator]()
      .next()
      .then(({ value }) => {
        given = value;
      });
    socket.welcome(initialOf());
    await nextTurn();
    expect(given).toBeUndefined();
    socket.say({ type: 'TELEMETRY', seq: 2, data: spoken });
    await next;
    expect(given).toEqual(spoken);
  });

  it('it is connecting also where the connection is lost or silent', async () => {
    const { client, socket, advance } = await connectToFake();
    socket.welcome(initialOf());
    await advance(15_000);
    expect(client.status).toMatchObject({ state: 'connecting', reason: 'silent' });
    socket.end();
    expect(client.status).toMatchObject({
      state: 'connecting',
      transport: undefined,
      reason: expect.stringMatching(/^websocket: closed/),
    });
    expect(client.freshness.of()).toMatchObject({
      state: 'initializing',
      error: expect.stringMatching(/^websocket: closed/),
    });
  });

  it('commands go their way', async () => {
    const { client, socket } = await connectToFake();
    socket.welcome(initialOf());
    const halting = client.command('HALT', { requestId: 'r' });
    expect(socket.sentOf('HALT')).toHaveLength(1);
    socket.say({ type: 'ACK', command: 'HALT', requestId: 'r', result: {} });
    await expect(halting).resolves.toMatchObject({ command: 'HALT' });
  });

  it('an event stream gives no document either', async () => {
    const { client, streams } = await connectToStreams();
    await streams[0]?.say({ type: 'WELCOME', seq: 1, epoch: 'e', granted, data: initialOf() });
    expect(client.document).toEqual({});
    expect(client.status).toMatchObject({ state: 'connecting', transport: 'sse' });
    await streams[0]?.say({ type: 'TELEMETRY', seq: 2, data: spoken });
    expect(client.status).toMatchObject({ state: 'live', transport: 'sse' });
  });

  it('nor does polling', async () => {
    let data: object = initialOf();
    const { client, advance } = await connectToFake({
      WebSocket: null,
      fetch: (url) =>
        url.includes('stream') ? Promise.reject(new Error('blocked')) : Promise.resolve(Response.json(data)),
    });
    await advance(0);
    await advance(0);
    expect(client.document).toEqual({});
    expect(client.status).toMatchObject({ state: 'connecting', transport: 'polling' });
    data = spoken;
    await advance(1000);
    await advance(0);
    expect(client.document).toEqual(spoken);
    expect(client.status).toMatchObject({ state: 'polling' });
  });
});

describe('A gateway that was restarted over a dead engine', () => {
  it('takes the figures away: zeros do not stand in their place', async () => {
    const { client, socket, sockets, advance } = await connectToFake();
    const prices: unknown[] = [];
    const updates: unknown[] = [];
    client.select('market.price', (price) => prices.push(price));
    socket.welcome(spoken);
    client.on('update', ({ document, previous, changed }) => updates.push([document, previous, changed]));
    socket.end(1001);
    expect(client.document).toEqual(spoken);
    await advance(1000);
    sockets.at(-1)?.welcome(initialOf(), 1, 'another');
    expect(client.document).toEqual({});
    expect(prices).toEqual([450, undefined]);
    expect(updates).toEqual([[{}, spoken, ['status', 'market', 'sources']]]);
    expect(client.status.state).toBe('connecting');
    expect(client.freshness.of('market.price').state).toBe('initializing');
    expect(client.freshness.unchangedMs).toBeUndefined();
  });

  it('and over one that never was, says so to a real client, by each transport', async (test) => {
    const { url } = await useIn(test, startGateway({ engine: false }));
    for (const options of [{}, { mode: 'delta' }, { WebSocket: null }] as const) {
      const client = useClient(test, { url, ...options });
      await waitFor('the word of the gateway', () => client.freshness.of().error?.includes('ECONNREFUSED'));
      expect(client.document).toEqual({});
      expect(client.status).toMatchObject({
        state: 'connecting',
        reason: 'the engine has not answered yet',
      });
    }
  });
});

import { describe, expect, it } from 'vitest';
import { connectToFake, granted, sourcesOf } from './fake-gateway.ts';
import { countChanges, figures, fresh, halfLive, since, statesOf } from './freshness-set-up.ts';

describe('The freshness of a path', () => {
  it('is that of the source that it comes from', async () => {
    const { client, socket } = await connectToFake();
    socket.welcome(fresh);
    expect(client.freshness.of('market.price')).toEqual({
      state: 'fresh',
      since: Date.parse(since),
      error: undefined,
      ageMs: 0,
    });
    socket.say({ type: 'TELEMETRY', seq: 2, data: halfLive });
    expect(client.freshness.of('agents.Scout')).toMatchObject({ state: 'down', error: 'HTTP 404' });
    expect(client.freshness.of()).toEqual({
      state: 'stale',
      since: Date.parse(since),
      error: 'no answer in time',
      ageMs: 0,
    });
  });

  it('is fresh for what events keep current, and for nothing beside or above it', async () => {
    const { client, socket } = await connectToFake();
    socket.welcome(halfLive);
    expect(statesOf(client, 'market.price', 'market.alpha', 'market', 'status', undefined)).toEqual([
      'fresh',
      ...['stale', 'stale', 'stale', 'stale'],
    ]);
    expect(client.freshness.of('market.price')).toMatchObject({ since: undefined, error: undefined });
    expect(client.freshness.isFresh).toBe(false);
  });

  it.each([
    ['lost', 'stale', /^websocket: closed with 1006/],
    ['closed', 'stale', /^closed$/],
    ['silent', 'stale', /^silent$/],
  ])('is not fresh while the connection is %s', async (what, state, error) => {
    const { client, socket, advance } = await connectToFake();
    socket.welcome(halfLive);
    if (what === 'lost') socket.end();
    if (what === 'closed') client.close();
    if (what === 'silent') await advance(15_000);
    expect(client.freshness.of('market.price')).toMatchObject({
      state,
      since: client.status.since,
      error: expect.stringMatching(error),
    });
    // What was not known before is no better known now.
    expect(client.freshness.of('agents').state).toBe('down');
  });

  it('says nothing of what comes by a connection that brought a document never', async () => {
    const { client } = await connectToFake();
    expect(client.freshness.of('market.price')).toMatchObject({ state: 'initializing', ageMs: undefined });
  });

  it('is not fresh where a packet was lost, until the whole document is there', async () => {
    const { client, socket } = await connectToFake({ mode: 'delta' });
    socket.welcome(fresh);
    socket.say({ type: 'DELTA', seq: 9, base: 8, patch: { market: { price: 1 } } });
    expect(client.freshness.of('market.price')).toMatchObject({
      state: 'stale',
      error: 'a packet was lost',
    });
    socket.say({ type: 'TELEMETRY', seq: 9, data: fresh });
    expect(client.freshness.isFresh).toBe(true);
  });

  it('is stale in a view that is paused, but for what is urgent', async () => {
    const { client, socket } = await connectToFake();
    socket.open();
    socket.say({
      type: 'WELCOME',
      seq: 1,
      epoch: 'e',
      granted: { ...granted, interval: 'pause' },
      data: fresh,
    });
    expect(statesOf(client, 'market.price', 'status', undefined)).toEqual(['stale', 'fresh', 'fresh']);
    expect(client.freshness.of('agents').error).toBe('the view is paused');
  });

  it('is stale after a pause until the document that ends it is there', async () => {
    const { client, socket } = await connectToFake();
    const paused = { ...granted, interval: 'pause' } as const;
    socket.open();
    socket.say({ type: 'WELCOME', seq: 1, epoch: 'e', granted: paused, data: fresh });
    const whole = client.setOptions({ interval: null });
    const requestId = socket.sentOf('SUBSCRIBE')[0]?.requestId;
    const told: unknown[] = [];
    client.on('update', ({ document }) =>
      told.push(document.market?.price, client.freshness.of('market.price').state),
    );
    client.on('freshness', () => told.push(client.freshness.of('market.price').state));
    socket.say({ type: 'ACK', command: 'SUBSCRIBE', requestId, granted });
    expect(client.granted).toEqual(granted);
    expect(told).toEqual([]);
    socket.say({ type: 'TELEMETRY', seq: 2, data: { ...fresh, market: { price: 700 } } });
    expect(told).toEqual([700, 'fresh', 'fresh']);
    expect(await whole).toEqual(granted);
  });

  it('is read from whatever a server calls sources', async () => {
    for (const sources of [null, 'none', 7, [], { state: null }, { state: { status: 'fresh', live: 'x' } }]) {
      const { client, socket } = await connectToFake();
      socket.welcome(Object({ ...figures, sources }));
      const { state, since: from } = client.freshness.of('market.price');
      expect(['fresh', 'stale']).toContain(state);
      // Never 1970.
      expect(from).toBeUndefined();
      expect(client.freshness.isFresh).toBe(client.freshness.of().state === 'fresh');
    }
  });
});

describe('A PONG', () => {
  const pong = (state?: string) => ({ type: 'PONG', t: 0, server_time: since, state });

  it('says how the state is, until the next packet', async () => {
    const { client, clock, socket, advance } = await connectToFake();
    socket.welcome(fresh);
    await advance(1000);
    socket.say(pong('stale'));
    expect(statesOf(client, undefined, 'market.price', 'agents')).toEqual(['stale', 'stale', 'fresh']);
    expect(client.freshness).toMatchObject({ isFresh: false, sources: 'stale' });
    expect(client.freshness.of().since).toBe(clock.now());
    await advance(1000);
    socket.say(pong('stale'));
    expect(client.freshness.of().since).toBe(clock.now() - 1000);
    socket.say({ type: 'TELEMETRY', seq: 2, data: fresh });
    expect(client.freshness.isFresh).toBe(true);
  });

  it('says so the other way round, too', async () => {
    const { client, socket } = await connectToFake();
    socket.welcome(halfLive);
    socket.say(pong('fresh'));
    expect(statesOf(client, undefined, 'market.alpha', 'agents')).toEqual(['fresh', 'fresh', 'down']);
  });

  it('without a state changes nothing', async () => {
    const { client, socket } = await connectToFake();
    socket.welcome(fresh);
    socket.say(pong());
    expect(client.freshness.isFresh).toBe(true);
  });

  it('of a connection that is no longer in use says nothing', async () => {
    const { client, socket, sockets, advance } = await connectToFake();
    socket.welcome(fresh);
    const halting = client.command('HALT').catch(() => {});
    socket.say('{"type":');
    await advance(10_000);
    sockets.at(-1)?.welcome(fresh);
    socket.say(pong('down'));
    expect(client.freshness.isFresh).toBe(true);
    client.close();
    await halting;
  });
});

describe('The age of a path', () => {
  it('runs from the last packet or PONG that came while its source was fresh', async () => {
    const { client, socket, advance } = await connectToFake();
    const ages = () => [client.freshness.of().ageMs, client.freshness.of('agents').ageMs];
    socket.welcome(fresh);
    await advance(3000);
    expect(ages()).toEqual([3000, 3000]);
    socket.say({ type: 'PONG', t: 0, state: 'fresh' });
    expect(ages()).toEqual([0, 0]);
    await advance(1000);
    socket.say({ type: 'PONG', t: 0, state: 'stale' });
    expect(ages()).toEqual([1000, 0]);
    await advance(1000);
    socket.say({ type: 'TELEMETRY', seq: 2, data: halfLive });
    await advance(1000);
    expect(ages()).toEqual([3000, 2000]);
  });

  it('runs from the last packet where only events keep it current', async () => {
    const { client, socket, advance } = await connectToFake();
    socket.welcome(halfLive);
    await advance(3000);
    socket.say({ type: 'PONG', t: 0, state: 'stale' });
    expect(client.freshness.of('market.price').ageMs).toBe(3000);
  });

  it('is not that of another document', async () => {
    const { client, socket, advance } = await connectToFake();
    socket.welcome(fresh);
    await advance(1000);
    socket.say({ type: 'TELEMETRY', seq: 1, epoch: 'of another symbol', data: halfLive });
    expect(client.freshness.of().ageMs).toBeUndefined();
  });
});

describe('The event freshness', () => {
  it('comes when what `of` says may have changed, and not otherwise', async () => {
    const { client, socket } = await connectToFake();
    const changes = countChanges(client);
    const steps: [string, () => void][] = [
      ['the first document', () => socket.welcome(fresh)],
      ['a status', () => socket.say({ type: 'TELEMETRY', seq: 2, data: halfLive })],
      [
        'live paths',
        () =>
          socket.say({
            type: 'TELEMETRY',
            seq: 3,
            data: { ...figures, sources: sourcesOf('stale', { live: ['market'] }) },
          }),
      ],
      ['a PONG that says otherwise', () => socket.say({ type: 'PONG', t: 0, state: 'down' })],
      ['the connection', () => socket.end()],
      ['the end', () => client.close()],
    ];
    for (const [index, [what, step]] of steps.entries()) {
      step();
      expect([what, changes()]).toEqual([what, index + 1]);
    }
  });

  it('does not come with figures, nor with a PONG that says the same', async () => {
    const { client, socket, advance } = await connectToFake();
    socket.welcome(fresh);
    const changes = countChanges(client);
    for (let seq = 2; seq < 20; seq += 1) {
      await advance(100);
      socket.say({ type: 'TELEMETRY', seq, data: { ...fresh, market: { price: seq } } });
      socket.say({ type: 'PONG', t: 0, state: 'fresh' });
    }
    expect(changes()).toBe(0);
  });

  it('carries what holds by then', async () => {
    const { client, socket } = await connectToFake();
    const seen: unknown[] = [];
    client.on('freshness', ({ isFresh, of }) => seen.push([isFresh, of('market.price').state]));
    socket.welcome(fresh);
    socket.say({ type: 'TELEMETRY', seq: 2, data: halfLive });
    socket.end();
    expect(seen).toEqual([
      [true, 'fresh'],
      [false, 'fresh'],
      [false, 'stale'],
    ]);
  });

  it('is preceded by the document that it is about', async () => {
    const { client, socket } = await connectToFake();
    const order: string[] = [];
    for (const event of ['update', 'state', 'freshness'] as const) client.on(event, () => order.push(event));
    socket.welcome(fresh);
    socket.say({ type: 'TELEMETRY', seq: 2, data: halfLive });
    expect(order).toEqual(['update', 'state', 'freshness', 'update', 'freshness']);
  });
});

import { describe, expect, it } from 'vitest';
import { createManualClock } from '../support/manual-clock.ts';
import { connectToFake, granted, sourcesOf } from './fake-gateway.ts';
import { connectToStreams } from './fake-streams.ts';

describe('The heartbeat', () => {
  it('pings at once and each 25 s while the gateway talks', async () => {
    const { socket, advance } = await connectToFake();
    socket.welcome();
    expect(socket.sentOf('PING')).toHaveLength(1);
    for (let second = 1; second <= 100; second += 1) {
      await advance(1000);
      socket.say({ type: 'TELEMETRY', seq: 2, data: { second } });
    }
    expect(socket.sentOf('PING')).toHaveLength(5);
  });

  it('measures the round trip by the echoed t', async () => {
    const { client, socket, advance } = await connectToFake();
    socket.welcome();
    expect(client.stats.roundTripMs).toBeUndefined();
    const [ping] = socket.sentOf('PING');
    await advance(42);
    socket.say({ type: 'PONG', t: ping?.t, server_time: '' });
    expect(client.stats.roundTripMs).toBe(42);
  });

  it('asks before it calls a silent connection stale, and reconnects after 75 s', async () => {
    const { client, socket, sockets, advance } = await connectToFake();
    socket.welcome();
    await advance(9999);
    expect(socket.sentOf('PING')).toHaveLength(1);
    await advance(1);
    expect(socket.sentOf('PING')).toHaveLength(2);
    await advance(4999);
    expect(client.status.state).toBe('live');
    await advance(1);
    expect(client.status).toMatchObject({
      state: 'stale',
      transport: 'websocket',
      reason: 'silent',
    });
    await advance(59_999);
    expect(socket.isClosed).toBe(false);
    await advance(1);
    expect(socket.isClosed).toBe(true);
    expect(client.status.reason).toBe('websocket: silent');
    await advance(1000);
    expect(sockets).toHaveLength(2);
  });

  it('gives nobody up who was not asked: timers of a hidden page come a minute late', async () => {
    const clock = createManualClock();
    const late = {
      ...clock,
      every: (ms: number, task: () => void) => clock.every(Math.max(ms, 60_000), task),
    };
    const fake = await connectToFake({ clock: late });
    fake.socket.welcome();
    const pass = async (ms: number): Promise<void> => {
      clock.advance(ms);
      await fake.advance(0);
    };
    for (let minute = 1; minute <= 5; minute += 1) {
      await pass(60_000);
      expect(fake.client.status).toMatchObject({ state: 'stale', reason: 'silent' });
      fake.socket.say({ type: 'PONG', t: fake.socket.sentOf('PING').at(-1)?.t, state: 'fresh' });
      expect(fake.client.status.state).toBe('live');
    }
    expect(fake.sockets).toHaveLength(1);
    await pass(60_000);
    await pass(60_000);
    expect(fake.socket.isClosed).toBe(true);
  });

  it.each([
    ['an answer', { type: 'PONG', t: 1, server_time: '' }],
    ['a type that it does not know', { type: 'NEWS' }],
    ['the same packet again', { type: 'TELEMETRY', seq: 1, data: { status: 'ACTIVE' } }],
  ])('takes %s for life', async (_, message) => {
    const { client, socket, sockets, advance } = await connectToFake();
    socket.welcome();
    await advance(15_000);
    expect(client.status.state).toBe('stale');
    socket.say(message);
    expect(client.status).toMatchObject({ state: 'live', reason: '' });
    expect(client.freshness.silentMs).toBe(0);
    await advance(70_000);
    expect(sockets).toHaveLength(1);
  });

  it('has nothing against a gateway that has no more to say of a dead engine, as long as it answers', async () => {
    const { client, socket, sockets, advance } = await connectToFake();
    socket.welcome({ status: 'ACTIVE', sources: sourcesOf('stale', { error: 'no answer in time' }) });
    const states: string[] = [];
    client.on('state', ({ state }) => states.push(state));
    for (let second = 0; second < 600; second += 1) {
      const before = socket.sentOf('PING').length;
      await advance(1000);
      for (const { t } of socket.sentOf('PING').slice(before))
        socket.say({ type: 'PONG', t, state: 'stale' });
    }
    expect([states, sockets.length, client.status.state]).toEqual([[], 1, 'live']);
    expect(client.freshness).toMatchObject({ isFresh: false, sources: 'stale' });
  });

  it('is as patient as the interval that was asked for', async () => {
    const { client, socket, advance } = await connectToFake({ interval: 30_000 });
    socket.welcome();
    await advance(60_000);
    expect(client.status.state).toBe('live');
  });

  it('looks as often as the view of now asks for, not as the one that it began with', async () => {
    const { client, socket, advance } = await connectToFake({ interval: 60_000 });
    const states: string[] = [];
    client.on('state', ({ state }) => states.push(state));
    socket.welcome();
    const changing = client.setOptions({ interval: 0 });
    const requestId = socket.sentOf('SUBSCRIBE')[0]?.requestId;
    socket.say({ type: 'ACK', command: 'SUBSCRIBE', requestId, granted });
    socket.say({ type: 'TELEMETRY', seq: 2, data: {} });
    await changing;
    let answered = socket.sentOf('PING').length;
    for (let second = 1; second <= 60; second += 1) {
      await advance(1000);
      const pings = socket.sentOf('PING');
      for (const { t } of pings.slice(answered)) socket.say({ type: 'PONG', t });
      answered = pings.length;
    }
    expect(states).toEqual(['live']);
    await advance(15_000);
    expect(client.status).toMatchObject({ state: 'stale', reason: 'silent' });
  });

  it('gives a stream of events, which cannot be asked, the time for three comments', async () => {
    const timing = { heartbeatMs: 2000, staleMs: 6000, silenceMs: 15_000 };
    const { client, streams, advance } = await connectToStreams({ timing, interval: 60_000 });
    await streams[0]?.say({ type: 'WELCOME', seq: 1, epoch: 'e', granted, data: { a: 1 } });
    for (let comment = 0; comment < 4; comment += 1) {
      await advance(15_500);
      expect([client.status.state, streams.length]).toEqual(['live', 1]);
      await streams[0]?.comment();
    }
    await advance(44_000);
    expect(client.status.state).toBe('live');
    await advance(4000);
    expect(client.status).toMatchObject({ state: 'stale', transport: undefined });
  });

  it('reports a state to listeners once', async () => {
    const { client, socket, advance } = await connectToFake();
    const states: string[] = [];
    client.on('state', ({ state }) => states.push(state));
    socket.welcome();
    await advance(30_000);
    socket.say({ type: 'PONG', t: 0 });
    await advance(1000);
    client.close();
    expect(states).toEqual(['live', 'stale', 'live', 'closed']);
  });
});

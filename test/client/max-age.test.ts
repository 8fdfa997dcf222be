import { describe, expect, it } from 'vitest';
import { connectToFake, granted } from './fake-gateway.ts';
import { connectToStreams } from './fake-streams.ts';
import { countChanges, fresh, halfLive, statesOf } from './freshness-set-up.ts';

describe('A maximum age', () => {
  it('makes stale what nobody vouched for in time, by itself', async () => {
    const { client, clock, socket, advance } = await connectToFake({ maxAgeMs: 3000 });
    socket.welcome(fresh);
    const changes = countChanges(client);
    await advance(2999);
    expect(statesOf(client, undefined, 'agents')).toEqual(['fresh', 'fresh']);
    expect(changes()).toBe(0);
    await advance(1);
    expect(changes()).toBe(1);
    expect(client.freshness.of('market.price')).toEqual({
      state: 'stale',
      since: clock.now(),
      error: 'no word for 3000 ms',
      ageMs: 3000,
    });
    expect(client.freshness.isFresh).toBe(false);
    // The connection only seems to live.
    expect(client.status.state).toBe('live');
    await advance(1000);
    expect(client.freshness.of().since).toBe(clock.now() - 1000);
    socket.say({ type: 'PONG', t: 0, state: 'fresh' });
    expect(client.freshness.isFresh).toBe(true);
    expect(changes()).toBe(2);
    await advance(3000);
    expect(changes()).toBe(3);
  });

  it('is no matter for a quiet connection that answers', async () => {
    const { client, socket, advance } = await connectToFake({ maxAgeMs: 3000, mode: 'delta' });
    socket.welcome(fresh);
    const changes = countChanges(client);
    let answered = 0;
    for (let tick = 0; tick < 1200; tick += 1) {
      await advance(50);
      // Up to 500 ms late, as over a slow network.
      if (tick % 10 > 0) continue;
      const pings = socket.sentOf('PING');
      for (const { t } of pings.slice(answered)) socket.say({ type: 'PONG', t, state: 'fresh' });
      answered = pings.length;
    }
    expect([changes(), client.freshness.isFresh]).toEqual([0, true]);
    expect(answered).toBeLessThanOrEqual(61);
  });

  it('counts the packets of what only events keep current', async () => {
    const { client, socket, advance } = await connectToFake({ maxAgeMs: 3000 });
    socket.welcome(halfLive);
    await advance(2000);
    socket.say({ type: 'PONG', t: 0, state: 'stale' });
    await advance(1000);
    expect(client.freshness.of('market.price').state).toBe('stale');
    socket.say({ type: 'TELEMETRY', seq: 2, data: { ...halfLive, n: 1 } });
    expect(client.freshness.of('market.price').state).toBe('fresh');
  });

  it('counts the packets where the view lets figures lag by more', async () => {
    const { client, socket, advance } = await connectToFake({ maxAgeMs: 3000, interval: 10_000 });
    const slow = { ...granted, interval: 10_000 };
    socket.open();
    socket.say({ type: 'WELCOME', seq: 1, epoch: 'e', granted: slow, data: fresh });
    await advance(2500);
    socket.say({ type: 'PONG', t: 0, state: 'fresh' });
    await advance(500);
    expect(statesOf(client, 'market.price', 'status', undefined)).toEqual(['stale', 'fresh', 'fresh']);
  });

  it('is kept by polls that bring nothing new', async () => {
    const answers: Response[] = [];
    const { client, advance } = await connectToFake({
      maxAgeMs: 3000,
      WebSocket: null,
      fetch(url, { headers }) {
        if (url.includes('stream')) return Promise.reject(new Error('blocked'));
        const isHeld = headers['if-none-match'] === '"e-1"';
        const answer = isHeld
          ? new Response(null, { status: 304 })
          : Response.json(fresh, { headers: { etag: '"e-1"' } });
        answers.push(answer);
        return Promise.resolve(answer);
      },
    });
    await advance(0);
    await advance(0);
    expect(client.status.state).toBe('polling');
    const changes = countChanges(client);
    for (let step = 0; step < 200; step += 1) await advance(100);
    expect(answers.filter(({ status }) => status === 304).length).toBeGreaterThan(15);
    expect([changes(), client.freshness.isFresh]).toEqual([0, true]);
  });

  it('counts packets alone on an event stream, where nobody can be asked', async () => {
    const { client, streams, advance } = await connectToStreams({ maxAgeMs: 3000 });
    await streams[0]?.say({ type: 'WELCOME', seq: 1, epoch: 'e', granted, data: fresh });
    await advance(2000);
    await streams[0]?.comment();
    await advance(1000);
    expect(client.freshness.isFresh).toBe(false);
    await streams[0]?.say({ type: 'TELEMETRY', seq: 1, data: fresh });
    expect(client.freshness.isFresh).toBe(true);
  });

  it('that is none, or too short to be kept, is refused', async () => {
    for (const maxAgeMs of [0, 499, -1, Number.NaN]) {
      await expect(connectToFake({ maxAgeMs })).rejects.toMatchObject({ code: 'BAD_OPTION' });
    }
  });

  it('leaves no timer behind', async () => {
    const { client, clock, socket } = await connectToFake({ maxAgeMs: 3000 });
    socket.welcome(fresh);
    client.close();
    const changes = countChanges(client);
    clock.advance(60_000);
    expect(changes()).toBe(0);
  });
});

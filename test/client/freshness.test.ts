import { describe, expect, it } from 'vitest';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { startGateway } from '../support/gateway.ts';
import { useIn, waitFor } from '../support/wait.ts';
import { shortTiming, useClient } from './client-set-up.ts';
import { connectToFake } from './fake-gateway.ts';

const source = (status: string): object => ({ status, since: '2026-01-01T00:00:00.000Z' });

describe('Freshness', () => {
  it('is unknown at first, and then says how long nothing came, and how long nothing changed', async () => {
    const { client, socket, advance } = await connectToFake();
    expect(client.freshness).toEqual({
      isFresh: false,
      silentMs: undefined,
      unchangedMs: undefined,
      sources: undefined,
    });
    socket.welcome(Object({ sources: { state: source('fresh') } }));
    await advance(3000);
    socket.say({ type: 'PONG', t: 0 });
    await advance(2000);
    expect(client.freshness).toEqual({ isFresh: true, silentMs: 2000, unchangedMs: 5000, sources: 'fresh' });
  });

  it('is the gateway’s word on its sources, too: the worst of them, and the state’s above all', async () => {
    const { client, socket } = await connectToFake();
    socket.welcome(
      Object({ sources: { state: source('fresh'), agents: source('down'), models: source('stale') } }),
    );
    expect(client.freshness).toMatchObject({ isFresh: true, sources: 'down' });
    const sources = { state: source('stale'), agents: source('fresh') };
    socket.say({ type: 'TELEMETRY', seq: 2, data: { sources } });
    expect(client.freshness).toMatchObject({ isFresh: false, sources: 'stale' });
    expect(client.status.state).toBe('live');
  });

  it.each([
    [{ sources: null }, undefined],
    [{ sources: 'none' }, undefined],
    [{ sources: { state: null, agents: source('stale') } }, 'stale'],
  ])('is read from whatever a server calls sources: %j', async (data, worst) => {
    const { client, socket } = await connectToFake();
    socket.welcome(Object(data));
    expect(client.freshness).toMatchObject({ isFresh: false, sources: worst });
  });

  it('is lost with the connection, whatever the document says', async () => {
    const { client, socket } = await connectToFake();
    socket.welcome(Object({ sources: { state: source('fresh') } }));
    socket.end();
    expect(client.freshness).toMatchObject({ isFresh: false, sources: 'fresh' });
  });

  it('tells an engine that stopped from a gateway that is out of reach', async (test) => {
    const gateway = await useIn(test, startGateway());
    const proxy = await useIn(test, startFaultProxy(gateway.port));
    // Times at which the gateway cannot be taken for silent while it waits for its engine.
    const timing = { ...shortTiming, staleMs: 1500, silenceMs: 4000 };
    const client = useClient(test, { url: `http://127.0.0.1:${proxy.port}`, timing });
    await waitFor('fresh data', () => client.freshness.isFresh);
    await gateway.engine.stop();
    await waitFor('the word of the gateway', () => !client.freshness.isFresh);
    expect(client.freshness.sources).not.toBe('fresh');
    expect(client.status.state).toBe('live');
    proxy.impose({ kind: 'stall', way: 'both' });
    await waitFor('the client’s own verdict', () => client.status.state === 'stale');
    expect(client.status.transport).toBe('websocket');
    proxy.impose({ kind: 'none' });
    await waitFor('life', () => client.status.state === 'live');
  });
});

describe('Statistics', () => {
  it('count what came, in bytes of the wire', async () => {
    const { client, socket, advance } = await connectToFake({ mode: 'delta' });
    const packets = [
      { type: 'TELEMETRY', seq: 2, data: { regime: 'Lévy Stable 𝄞' } },
      { type: 'DELTA', base: 2, seq: 3, patch: { regime: null } },
      { type: 'PONG', t: 0 },
      { type: 'NEWS' },
    ];
    socket.welcome({ a: 1 });
    const first = client.stats.bytes;
    await advance(7);
    for (const packet of packets) socket.say(packet);
    const bytes = packets.reduce((sum, packet) => sum + Buffer.byteLength(JSON.stringify(packet)), first);
    expect(client.stats).toEqual({
      bytes,
      packets: 5,
      full: 2,
      deltas: 1,
      updates: 3,
      malformed: 0,
      resyncs: 0,
      reconnects: 0,
      roundTripMs: 7,
      transport: 'websocket',
    });
  });
});

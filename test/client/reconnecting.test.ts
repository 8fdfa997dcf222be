import { describe, expect, it } from 'vitest';
import { connectToFake } from './fake-gateway.ts';

describe('A client whose connections fail', () => {
  it('waits longer each time, 30 s at most, and never gives up', async () => {
    const { sockets, socket: first, advance, clock } = await connectToFake();
    first.end();
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 40; attempt += 1) {
      const before = sockets.length;
      const from = clock.monotonic();
      while (sockets.length === before) await advance(100);
      waits.push(clock.monotonic() - from);
      sockets.at(-1)?.end();
    }
    // random() is nearly 1, so that each wait is the longest it can be.
    expect(waits.slice(0, 6)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000]);
    expect(Math.max(...waits)).toBe(30_000);
  });

  it('draws each wait anew from the whole range', async () => {
    const { sockets, socket, advance } = await connectToFake({ random: () => 0 });
    socket.end();
    await advance(0);
    expect(sockets).toHaveLength(2);
  });

  it('begins with short waits again after a connection that lasted, and not after one that did not', async () => {
    const gateway = await connectToFake();
    for (const wait of [1000, 2000, 4000]) {
      gateway.socket.welcome();
      await gateway.advance(4999);
      gateway.socket.end();
      const before = gateway.sockets.length;
      await gateway.advance(wait - 10);
      expect(gateway.sockets).toHaveLength(before);
      await gateway.advance(20);
      expect(gateway.sockets).toHaveLength(before + 1);
    }
    gateway.socket.welcome();
    await gateway.advance(5000);
    gateway.socket.end();
    const before = gateway.sockets.length;
    await gateway.advance(1000);
    expect(gateway.sockets).toHaveLength(before + 1);
  });

  it('counts what brought no document as failed, however soon a connection counts as lasting', async () => {
    const { sockets, fetched, advance } = await connectToFake({ timing: { steadyMs: 0 } });
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      sockets.at(-1)?.end();
      await advance(10_000);
    }
    expect(fetched.length).toBeGreaterThan(0);
  });

  it('gives up a connection that brings no document in 10 s', async () => {
    const { client, socket, sockets, advance } = await connectToFake();
    socket.open();
    socket.say({ type: 'PONG', t: 1, server_time: '' });
    await advance(10_000);
    expect(socket.isClosed).toBe(true);
    expect(client.status).toMatchObject({ state: 'connecting', reason: 'websocket: no answer in time' });
    await advance(1000);
    expect(sockets).toHaveLength(2);
  });

  it('gives up what begins with something unreadable', async () => {
    const { client, socket, advance } = await connectToFake();
    socket.open();
    socket.say('<html>');
    await advance(0);
    expect(socket.isClosed).toBe(true);
    expect(client.status.reason).toBe('websocket: no gateway');
    expect(client.stats.malformed).toBe(1);
  });

  it.each([
    [1001, 'shutdown', 'websocket: closed with 1001 shutdown'],
    [1013, 'slow', 'websocket: closed with 1013 slow'],
    [1008, 'rateLimited', 'websocket: closed with 1008 rateLimited'],
    [1006, '', 'websocket: closed with 1006'],
  ])('says why: %i %s', async (code, reason, said) => {
    const { client, socket, sockets, advance } = await connectToFake();
    socket.welcome();
    await advance(6000);
    socket.end(code, reason);
    expect(client.status).toMatchObject({ state: 'stale', reason: said, transport: undefined });
    await advance(1000);
    sockets.at(-1)?.welcome();
    expect(client.status).toMatchObject({ state: 'live', reason: '', transport: 'websocket' });
    expect(client.stats.reconnects).toBe(1);
  });

  it('says what the library knows of a handshake that failed', async () => {
    const { client, socket } = await connectToFake();
    socket.refuse('Unexpected server response: 403');
    expect(client.status).toMatchObject({
      state: 'connecting',
      reason: 'websocket: no connection Unexpected server response: 403',
    });
  });

  it('resumes from what it holds with deltas, and with whole packets asks for nothing', async () => {
    for (const [mode, query] of [
      ['delta', '?mode=delta&since=e-7'],
      ['full', ''],
    ] as const) {
      const { socket, sockets, advance } = await connectToFake({ mode });
      socket.welcome({ a: 1 }, 7);
      socket.end();
      await advance(1000);
      expect(sockets.at(-1)?.url).toBe(`wss://gateway.example/prefix/ws/stream${query}`);
    }
  });

  it('does not wait when the network is back', async () => {
    const listeners = new Map<string, () => void>();
    type Options = { readonly signal: AbortSignal };
    Reflect.set(globalThis, 'addEventListener', (type: string, listener: () => void, { signal }: Options) => {
      listeners.set(type, listener);
      signal.addEventListener('abort', () => listeners.delete(type));
    });
    try {
      const { client, socket, sockets, advance } = await connectToFake();
      socket.end();
      listeners.get('online')?.();
      expect(sockets).toHaveLength(1);
      await advance(0);
      expect(sockets).toHaveLength(2);
      sockets.at(-1)?.welcome();
      const pings = sockets.at(-1)?.sentOf('PING').length ?? 0;
      listeners.get('online')?.();
      expect(sockets.at(-1)?.sentOf('PING')).toHaveLength(pings + 1);
      client.close();
      expect(listeners.size).toBe(0);
    } finally {
      Reflect.deleteProperty(globalThis, 'addEventListener');
    }
  });
});

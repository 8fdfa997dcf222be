import { describe, expect, it } from 'vitest';
import type { TelemetryClientOptions } from '../../src/client/index.ts';
import { createTelemetryClient } from '../../src/client/index.ts';
import { msgpack } from '../../src/client/msgpack.ts';
import { createView } from '../../src/client/view.ts';
import { unsignedToken } from '../support/tokens.ts';
import { connectToFake, type FakeSocket, granted } from './fake-gateway.ts';

describe('View', () => {
  it('asks for nothing that the gateway does anyway', () => {
    const view = createView({ mode: 'full', encoding: 'json', interval: 0 }, undefined);
    expect(view.query('websocket', 'e-1')).toBe('');
  });

  it('asks for all options, on plain HTTP for JSON', () => {
    const view = createView(
      { mode: 'delta', encoding: 'msgpack', interval: 250, sections: ['market', 'a&b'], symbol: '^GSPC' },
      msgpack,
    );
    const websocket = new URLSearchParams(view.query('websocket', 'e-1'));
    const all = { mode: 'delta', interval: '250', sections: 'market,a&b', symbol: '^GSPC', since: 'e-1' };
    expect(Object.fromEntries(websocket)).toEqual({ ...all, encoding: 'msgpack' });
    expect(Object.fromEntries(new URLSearchParams(view.query('sse', 'e-1')))).toEqual(all);
  });

  it('has each change in it from when it is proposed until it is dropped, and keeps the others', () => {
    const view = createView({ interval: 50 }, undefined);
    const first = view.propose({ interval: 100, symbol: 'QQQ' });
    const second = view.propose({ interval: 250, sections: ['logs'] });
    expect(view.wanted()).toMatchObject({ interval: 250, symbol: 'QQQ', sections: ['logs'] });
    second.settle(false);
    expect(view.wanted()).toMatchObject({ interval: 100, symbol: 'QQQ', sections: null });
    first.settle(true);
    view.propose({ interval: null, symbol: null }).settle(true);
    expect(view.wanted()).toMatchObject({ interval: 0, symbol: null });
  });

  it('lets no older change override a newer one, in whatever order they are decided', () => {
    const view = createView({}, undefined);
    const older = view.propose({ symbol: 'SPY', interval: 50 });
    const newer = view.propose({ symbol: 'QQQ' });
    newer.settle(true);
    expect(view.wanted()).toMatchObject({ symbol: 'QQQ', interval: 50 });
    older.settle(true);
    expect(view.wanted()).toMatchObject({ symbol: 'QQQ', interval: 50 });
  });

  it('says in a SUBSCRIBE what was named, with null for all sections and no symbol', () => {
    const { change } = createView({}, undefined).propose({ mode: null, sections: null, symbol: null });
    expect(change).toEqual({ mode: 'full', sections: null, symbol: null });
  });
});

describe('createTelemetryClient', () => {
  it.each<[string, TelemetryClientOptions]>([
    ['encoding: msgpack needs a codec', { url: 'http://h', encoding: 'msgpack' }],
    ['sections: at least one', { url: 'http://h', sections: [] }],
    ['interval: 0 to 60000', { url: 'http://h', interval: -1 }],
    ['interval: 0 to 60000', { url: 'http://h', interval: 60_001 }],
    ['interval: 0 to 60000', { url: 'http://h', interval: Number.NaN }],
    ['Invalid URL', { url: 'no url' }],
    ['url: expected ws', { url: 'localhost:3000' }],
    ['url: expected ws', { url: 'ftp://h' }],
    ['url: expected ws', { url: new URL('file:///etc/passwd') }],
    ['no query', { url: 'ws://h/ws/stream?mode=delta' }],
  ])('throws where an option cannot be used: %s', (message, options) => {
    expect(() => createTelemetryClient(options)).toThrow(message);
  });

  it.each([
    ['http://h', 'ws://h/ws/stream'],
    ['https://h/bff#y', 'wss://h/bff/ws/stream'],
    ['ws://h/ws/stream', 'ws://h/ws/stream'],
    ['wss://h/bff/ws/stream/', 'wss://h/bff/ws/stream'],
    ['wss://h/ws/streams', 'wss://h/ws/streams/ws/stream'],
    ['wss://h:8443/bff/', 'wss://h:8443/bff/ws/stream'],
  ])('finds the gateway below %s', async (url, expected) => {
    const { socket } = await connectToFake({ url });
    expect(socket.url).toBe(expected);
  });

  it('says what it asks for, changes that wait for their answer included', async () => {
    const { client, socket } = await connectToFake({ symbol: 'QQQ', sections: ['market'] });
    const view = { mode: 'full', encoding: 'json', interval: 0, sections: ['market'], symbol: 'QQQ' };
    expect(client.wanted).toEqual(view);
    socket.welcome();
    const changing = client.setOptions({ symbol: null });
    expect(client.wanted).toEqual({ ...view, symbol: null });
    const requestId = socket.sentOf('SUBSCRIBE')[0]?.requestId;
    socket.say({ type: 'ERROR', command: 'SUBSCRIBE', requestId, code: 'LIMIT', message: 'no' });
    await expect(changing).rejects.toMatchObject({ code: 'LIMIT' });
    expect(client.wanted).toEqual(view);
  });

  it('refuses what cannot be, also later', async () => {
    const { client, socket } = await connectToFake();
    socket.welcome();
    for (const change of [{ encoding: 'msgpack' as const }, { sections: [] }, { interval: 1e6 }]) {
      await expect(client.setOptions(change)).rejects.toMatchObject({ code: 'BAD_OPTION' });
    }
    expect(socket.sentOf('SUBSCRIBE')).toEqual([]);
  });
});

describe('setOptions on a WebSocket', () => {
  it('resolves when the document of the new view is there, with what was granted', async () => {
    const { client, socket } = await connectToFake();
    socket.welcome({ a: 1, b: 1 });
    const changing = client.setOptions({ sections: ['b'] });
    const [asked] = socket.sentOf('SUBSCRIBE');
    expect(asked).toMatchObject({ sections: ['b'] });
    const narrowed = { ...granted, sections: ['b'] };
    socket.say({ type: 'ACK', command: 'SUBSCRIBE', requestId: asked?.requestId, granted: narrowed });
    expect(client.granted).toEqual(narrowed);
    socket.say({ type: 'TELEMETRY', seq: 1, epoch: 'e.b', data: { b: 1 } });
    expect(await changing).toEqual(narrowed);
    expect(client.document).toEqual({ b: 1 });
  });

  it('rejects what the gateway refuses, and does not ask for it again', async () => {
    const { client, socket, sockets, advance } = await connectToFake();
    socket.welcome();
    const changing = client.setOptions({ sections: ['none'] });
    const requestId = socket.sentOf('SUBSCRIBE')[0]?.requestId;
    socket.say({
      type: 'ERROR',
      command: 'SUBSCRIBE',
      requestId,
      code: 'BAD_OPTION',
      message: 'sections: no',
    });
    await expect(changing).rejects.toMatchObject({ code: 'BAD_OPTION', message: 'sections: no', requestId });
    socket.end();
    await advance(1000);
    expect(sockets.at(-1)?.url).not.toContain('sections');
  });

  it('is in force by the next connection where this one ends before the answer', async () => {
    const { client, socket, sockets, advance } = await connectToFake();
    socket.welcome();
    const changing = client.setOptions({ symbol: 'QQQ' });
    socket.end();
    await advance(1000);
    expect(sockets.at(-1)?.url).toContain('symbol=QQQ');
    sockets.at(-1)?.welcome();
    expect(await changing).toEqual(granted);
  });

  it('rejects where no answer comes, and makes sure of the old view by a new connection', async () => {
    const { client, socket, sockets, advance } = await connectToFake();
    socket.welcome({ a: 1 });
    const changing = client.setOptions({ symbol: 'QQQ' });
    const rejected = expect(changing).rejects.toMatchObject({ code: 'TIMEOUT', command: 'SUBSCRIBE' });
    await advance(10_000);
    await rejected;
    await advance(0);
    expect(sockets).toHaveLength(2);
    expect(sockets.at(-1)?.url).not.toContain('symbol');
    expect(socket.isClosed).toBe(false);
    sockets.at(-1)?.welcome({ a: 2 });
    expect(socket.isClosed).toBe(true);
    socket.say({ type: 'TELEMETRY', seq: 9, data: { a: 'of the old connection' } });
    expect(client.document).toEqual({ a: 2 });
  });
});

describe('setOptions while the next connection is opening', () => {
  /** A connection in use, one with the next token that was opened beside it, and a change that is asked for then. */
  async function setUp() {
    let tokens = 0;
    const scene = await connectToFake({
      token() {
        tokens += 1;
        const exp = Date.parse('2026-01-01T00:00:00.000Z') / 1000 + tokens * 5;
        return unsignedToken({ iat: exp - 5, exp });
      },
    });
    const { client, sockets, socket, advance } = scene;
    socket.welcome();
    await advance(4000);
    expect(sockets).toHaveLength(2);
    const changing = client.setOptions({ interval: 50 });
    await advance(0);
    const requestId = socket.sentOf('SUBSCRIBE')[0]?.requestId;
    return { ...scene, old: socket, changing, answer: { command: 'SUBSCRIBE', requestId } };
  }
  const isAsked = (sockets: readonly FakeSocket[]): boolean | undefined =>
    sockets.at(-1)?.url.includes('interval=50');

  it('is in force by that one too', async () => {
    const { old, sockets, changing, answer } = await setUp();
    old.say({ type: 'ACK', ...answer, granted: { ...granted, interval: 50 } });
    old.say({ type: 'TELEMETRY', seq: 2, data: {} });
    expect(await changing).toMatchObject({ interval: 50 });
    expect(isAsked(sockets)).toBe(true);
  });

  it('is in force by that one where the other ends before the answer', async () => {
    const { old, sockets, changing, advance } = await setUp();
    old.end();
    await advance(0);
    const next = sockets.at(-1);
    next?.open();
    next?.say({ type: 'WELCOME', seq: 2, epoch: 'e', granted: { ...granted, interval: 50 }, data: {} });
    expect(await changing).toMatchObject({ interval: 50 });
    expect(isAsked(sockets)).toBe(true);
  });

  it.each([false, true])(
    'is not in force by that one where it is refused, also when that is live: %s',
    async (isLive) => {
      const { old, sockets, changing, answer, advance } = await setUp();
      const refused = expect(changing).rejects.toMatchObject({ code: 'LIMIT' });
      if (isLive) sockets.at(-1)?.welcome();
      old.say({ type: 'ERROR', ...answer, code: 'LIMIT', message: '' });
      await refused;
      await advance(0);
      expect(isAsked(sockets)).toBe(false);
      expect(old.isClosed).toBe(isLive);
    },
  );
});

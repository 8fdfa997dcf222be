import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { TelemetryDocument } from '../../src/client/index.ts';
import { connectToFake } from './fake-gateway.ts';

describe('Listeners', () => {
  it('get the document, the one before, and what differs', async () => {
    const { client, socket } = await connectToFake();
    const updates: object[] = [];
    client.on('update', (update) => updates.push(update));
    socket.welcome({ a: { b: 1 }, c: 1, gone: 1 });
    socket.say({ type: 'TELEMETRY', seq: 2, data: { a: { b: 1 }, c: 2, d: null } });
    socket.say({ type: 'TELEMETRY', seq: 3, data: { a: { b: 1 }, c: 2, d: null } });
    expect(updates).toHaveLength(2);
    expect(updates[1]).toMatchObject({
      previous: { a: { b: 1 }, c: 1, gone: 1 },
      document: { a: { b: 1 }, c: 2, d: null },
      changed: ['c', 'gone', 'd'],
    });
    expect(client.stats.updates).toBe(2);
  });

  it('that throw disturb neither each other nor the client, and are told of', async (test) => {
    const written = vi.spyOn(console, 'error').mockImplementation(() => {});
    test.onTestFinished(() => written.mockRestore());
    const { client, socket } = await connectToFake();
    const errors: unknown[] = [];
    const seen: unknown[] = [];
    const fault = new Error('mine');
    client.on('update', () => {
      throw fault;
    });
    client.on('update', ({ document }) => seen.push(document));
    client.on('error', (error) => {
      errors.push(error);
      throw new Error('of the listener to errors');
    });
    client.select(
      () => {
        throw fault;
      },
      () => {},
    );
    socket.welcome({ a: 1 });
    socket.say({ type: 'TELEMETRY', seq: 2, data: { a: 2 } });
    expect(seen).toEqual([{ a: 1 }, { a: 2 }]);
    expect(client.status.state).toBe('live');
    expect(errors).toHaveLength(4);
    expect(written).toHaveBeenCalledTimes(4);
    expect(errors[0]).toMatchObject({ name: 'TelemetryError', code: 'LISTENER', cause: fault });
  });

  it('that throw are seen where nobody listens to errors: in Node, which has no reportError, on the console', async (test) => {
    const written = vi.spyOn(console, 'error').mockImplementation(() => {});
    test.onTestFinished(() => written.mockRestore());
    const { client, socket } = await connectToFake();
    const fault = new Error('mine');
    client.on('update', () => {
      throw fault;
    });
    socket.welcome({ a: 1 });
    expect(written.mock.calls).toEqual([[fault]]);
    const reported = vi.fn();
    vi.stubGlobal('reportError', reported);
    test.onTestFinished(() => void vi.unstubAllGlobals());
    socket.say({ type: 'TELEMETRY', seq: 2, data: { a: 2 } });
    expect(reported.mock.calls).toEqual([[fault]]);
    expect(written).toHaveBeenCalledTimes(1);
  });

  it('stop when told to, also in the middle of an event, and once for each time they were added', async () => {
    const { client, socket } = await connectToFake();
    const seen: string[] = [];
    const twice = (): void => void seen.push('twice');
    client.on('update', () => stop());
    const stop = client.on('update', () => seen.push('stopped'));
    const stopOne = client.on('update', twice);
    client.on('update', twice);
    stopOne();
    stopOne();
    socket.welcome({ a: 1 });
    expect(seen).toEqual(['twice']);
  });

  it('are told what the gateway says unasked', async () => {
    const { client, socket } = await connectToFake({ symbol: 'NOPE' });
    const errors: unknown[] = [];
    client.on('error', ({ code, message }) => errors.push([code, message]));
    socket.open();
    const granted = {
      mode: 'full',
      encoding: 'json',
      interval: 0,
      symbol: 'NOPE',
      role: 'viewer',
      commands: false,
    };
    socket.say({ type: 'WELCOME', seq: 1, epoch: 'e', granted, data: {} });
    socket.say({ type: 'ERROR', code: 'UNKNOWN_SYMBOL', message: 'no symbol NOPE' });
    expect(errors).toEqual([['UNKNOWN_SYMBOL', 'no symbol NOPE']]);
    expect(client.granted).not.toHaveProperty('symbol');
  });
});

describe('select', () => {
  it('calls back at once where there is a document, and then only when the value differs', async () => {
    const { client, socket } = await connectToFake();
    const prices: unknown[] = [];
    const early = client.select('market.price', (price, previous) => prices.push([price, previous]));
    expect(prices).toEqual([]);
    socket.welcome({ market: { price: 1, symbol: 'SPY' } });
    const markets: unknown[] = [];
    client.select('market', (market) => markets.push(market));
    socket.say({ type: 'TELEMETRY', seq: 2, data: { market: { price: 1, symbol: 'SPY' }, logs: [] } });
    socket.say({ type: 'TELEMETRY', seq: 3, data: { market: { price: 2, symbol: 'SPY' }, logs: [] } });
    early();
    socket.say({ type: 'TELEMETRY', seq: 4, data: { market: { price: 3 }, logs: [] } });
    expect(prices).toEqual([
      [1, undefined],
      [2, 1],
    ]);
    expect(markets).toHaveLength(3);
  });

  it('reads nothing but what the document has of its own', async () => {
    const { client, socket } = await connectToFake();
    socket.welcome({ logs: [{ message: 'a' }], text: 'abc', none: null });
    const seen: unknown[] = [];
    for (const path of [
      'logs.0.message',
      'none',
      'none.x',
      'text.length',
      'constructor',
      'toString.name',
      '',
    ]) {
      client.select(path, (value) => seen.push(value));
    }
    expect(seen).toEqual(['a', null, undefined, undefined, undefined, undefined, undefined]);
  });

  it('takes a function, and its own idea of equality', async () => {
    const { client, socket } = await connectToFake();
    const seen: unknown[] = [];
    const stop = client.select(
      ({ agents = {} }) => Object.keys(agents),
      (names) => seen.push(names),
      (a, b) => a.join() === b.join(),
    );
    socket.welcome({ agents: { one: {} } });
    socket.say({ type: 'TELEMETRY', seq: 2, data: { agents: { one: { score: 1 } } } });
    socket.say({ type: 'TELEMETRY', seq: 3, data: { agents: { one: {}, two: {} } } });
    stop();
    expect(seen).toEqual([['one'], ['one', 'two']]);
  });
});

describe('Iterating over a client', () => {
  it('gives the newest document, and skips those in between', async () => {
    const { client, socket } = await connectToFake();
    const iterator = client[Symbol.asyncIterator]();
    const first = iterator.next();
    socket.welcome({ n: 1 });
    expect(await first).toEqual({ done: false, value: { n: 1 } });
    for (let n = 2; n <= 5; n += 1) socket.say({ type: 'TELEMETRY', seq: n, data: { n } });
    expect(await iterator.next()).toEqual({ done: false, value: { n: 5 } });
    const last = iterator.next();
    client.close();
    expect(await last).toEqual({ done: true, value: undefined });
  });

  it('goes on for others when one breaks off', async () => {
    const { client, socket } = await connectToFake();
    const seen: TelemetryDocument[] = [];
    const all = (async () => {
      for await (const document of client) seen.push(document);
    })();
    socket.welcome({ n: 1 });
    for await (const document of client) {
      expect(document).toEqual({ n: 1 });
      break;
    }
    socket.say({ type: 'TELEMETRY', seq: 2, data: { n: 2 } });
    await nextTurn();
    client.close();
    await all;
    expect(seen).toEqual([{ n: 1 }, { n: 2 }]);
  });
});

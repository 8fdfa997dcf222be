import { describe, expect, it } from 'vitest';
import { MemoryEvents } from '../../src/source/events.ts';
import { example } from '../support/example-dialect.ts';
import { type StartOptions, startGateway } from '../support/gateway.ts';
import { openRawPolling } from '../support/raw-socket-io.ts';
import { connectSocketIo, type SocketIoWay, socketIoWays } from '../support/socket-io-client.ts';
import { type TestScope, useIn, waitFor, within } from '../support/wait.ts';

const path = '/example-io/';

/** A gateway that serves nothing but the example. */
async function setUp(test: TestScope, options: StartOptions = {}) {
  const events = new MemoryEvents();
  const gateway = await useIn(test, startGateway({ events, engine: false, dialects: [example], ...options }));
  return {
    gateway,
    publish: (state: object) => events.publish('example', JSON.stringify(state)),
    connect: (way: SocketIoWay, more = {}) =>
      useIn(test, connectSocketIo(gateway.url, way, { path, ...more })),
    skipped: async () => (await gateway.metrics()).value('bff_skipped_total', { dialect: 'example' }),
  };
}

describe.each(socketIoWays)('A Socket.IO client by %s', (way) => {
  it('is told messages as events, and answered', async (test) => {
    const { connect, publish } = await setUp(test);
    publish({ price: 1 });
    const client = await connect(way);
    expect((await client.nextOf('welcome')).body).toEqual({ type: 'welcome', data: { price: 1 } });
    publish({ price: 2 });
    expect((await client.nextOf('state')).data).toEqual({ price: 2 });
    client.emit('ping');
    await client.nextOf('pong');
    expect(client.transport).toBe(way === 'polling' ? 'polling' : 'websocket');
  });

  it('is told text of every script as it is', async (test) => {
    const { connect, publish } = await setUp(test);
    const client = await connect(way);
    const text = '"quoted" \\ 你好 🙂 \u001e \u2028 é';
    publish({ text });
    expect((await client.next(({ data }) => data.text !== undefined)).data).toEqual({ text });
  });

  it('that leaves the namespace ends its connection with it', async (test) => {
    const { connect, gateway } = await setUp(test);
    const client = await connect(way);
    const ended = new Promise<string>((resolve) => client.socket.io.engine.once('close', resolve));
    // As another client would that stays for other namespaces.
    client.socket.io.engine.write('1');
    await within('the end of the connection', ended);
    await waitFor('its log line', () =>
      gateway.log.entries.some(({ message }) => message?.startsWith('Example client disconnected')),
    );
  });

  it('that is sent away for good does not come back', async (test) => {
    const { connect } = await setUp(test);
    const client = await connect(way, { reconnection: true });
    client.emit('leave');
    expect(await within('the end', client.disconnected)).toBe('io server disconnect');
  });
});

describe('A Socket.IO client', () => {
  it('that keeps up is passed over for nothing, however much comes at once', async (test) => {
    const { connect, publish, skipped } = await setUp(test);
    const client = await connect('websocket');
    await client.nextOf('welcome');
    for (let price = 1; price <= 20; price += 1) {
      client.emit('ping');
      publish({ price });
      publish({ price: -price });
    }
    await client.next(({ data }) => data.price === -20);
    expect(await skipped()).toBe(0);
  });

  it('by polling holds its request until there is news, for longer than other responses take', async (test) => {
    const { gateway, publish } = await setUp(test);
    const { poll, post } = await openRawPolling(gateway.url, path);
    await post('40');
    expect(await poll()).toMatch(/^40/);
    expect(await poll()).toMatch(/^42\["welcome"/);
    const waiting = poll();
    // engine.io's own ping, after 10 s.
    expect(await within('what comes without news', waiting)).toBe('2');
    publish({ price: 1 });
    expect(await poll()).toMatch(/^42\["state"/);
  });

  it('is pinged by its protocol, and its round trip told', async (test) => {
    const { gateway, connect } = await setUp(test);
    const { id } = await connect('websocket');
    const clients = async () => (await fetch(`${gateway.url}/api/clients`)).json();
    const [listed] = await waitFor('a round trip', async () => {
      const all = await clients();
      return all[0]?.round_trip_ms === null ? undefined : all;
    });
    expect(listed).toMatchObject({ id, transport: 'socket.io', round_trip_ms: expect.any(Number) });
  });
});

describe('The Socket.IO client library', () => {
  it('is served below the path, compressed and revalidated, where Socket.IO is', async (test) => {
    const { gateway } = await setUp(test);
    for (const name of ['socket.io.js', 'socket.io.min.js', 'socket.io.esm.min.js']) {
      const url = `${gateway.url}${path}${name}`;
      const answer = await fetch(url);
      expect([name, answer.status, answer.headers.get('content-type')]).toEqual([
        name,
        200,
        'text/javascript; charset=utf-8',
      ]);
      expect(answer.headers.get('content-encoding')).toBe('gzip');
      expect(await answer.text()).toContain('Socket.IO v4');
      const etag = answer.headers.get('etag') ?? '';
      expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
    }
    for (const name of ['socket.io.js.map', 'x.js', '..%2Fpackage.json', '../package.json'])
      expect((await fetch(`${gateway.url}${path}${name}`)).status).toBe(404);
  });
});

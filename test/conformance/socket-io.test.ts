import { describe, expect, it } from 'vitest';
import { type KeepaliveLimits, keepaliveDefaults } from '../../src/deliver/keepalive.ts';
import { type EndpointUnderTest, serveEveryDialect, socketIoEndpoints } from '../support/dialect.ts';
import { openRawPolling, openRawSocketIo } from '../support/raw-socket-io.ts';
import {
  connectRefusalOf,
  connectSocketIo,
  type SocketIoClient,
  type SocketIoWay,
  socketIoWays,
} from '../support/socket-io-client.ts';
import { secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { type TestScope, useIn, waitFor, within } from '../support/wait.ts';

/** Sent to a client that answers no ping. */
const windowBytes = 512 * 1024;

const cases = socketIoEndpoints.flatMap((dialect) => socketIoWays.map((way) => ({ ...dialect, way })));

async function setUp(
  test: TestScope,
  dialect: EndpointUnderTest,
  {
    limits = {},
    settings = {},
  }: { limits?: Partial<KeepaliveLimits>; settings?: Record<string, string> } = {},
) {
  const { gateway, update } = await serveEveryDialect(test, dialect, {
    settings,
    keepalive: { ...keepaliveDefaults, ...limits },
  });
  const [path = ''] = dialect.path.split('?');
  const metric = async (name: string, labels: Record<string, string>) =>
    (await gateway.metrics()).value(name, labels);
  /** As the client's own library would address it. */
  const connect = async (way: SocketIoWay, more = {}) => {
    const client = await useIn(test, connectSocketIo(gateway.url, way, { path, ...more }));
    begin(client, dialect);
    return client;
  };
  return { gateway, path, update, metric, connect };
}

function say(client: SocketIoClient, text: string): void {
  const { type, payload } = JSON.parse(text);
  client.emit(type, ...(payload === undefined ? [] : [payload]));
}

/** Asks for updates, where they do not come by themselves. */
function begin(client: SocketIoClient, { begins }: EndpointUnderTest): void {
  if (begins !== undefined) say(client, begins);
}

async function proveAlive(client: SocketIoClient, { keepalive }: EndpointUnderTest): Promise<void> {
  say(client, keepalive.say);
  await client.next(keepalive.isAnswer);
}

describe.each(cases)('The $name dialect on $path by Socket.IO over $way', ({ way, ...dialect }) => {
  it('greets first, and once', async (test) => {
    const { connect, update } = await setUp(test, dialect);
    const client = await connect(way);
    expect((await client.next()).type).toBe(dialect.firstType);
    update(1);
    await client.next((packet) => dialect.markOf(packet) === 1);
    expect(client.packets.filter(({ type }) => type === dialect.greetingType)).toHaveLength(1);
  });

  it('knows the client by the id that it knows itself by', async (test) => {
    const { connect, gateway } = await setUp(test, dialect);
    const client = await connect(way);
    await client.nextOf(dialect.firstType);
    const listed = await (await fetch(`${gateway.url}/api/clients`)).json();
    expect(listed).toContainEqual(
      expect.objectContaining({ id: client.id, dialect: dialect.name, transport: 'socket.io' }),
    );
  });

  it('answers, and goes on after what it does not understand', async (test) => {
    const { connect, update } = await setUp(test, dialect);
    const client = await connect(way);
    client.emit('NO_SUCH_EVENT', { a: 1 });
    client.emit('binary', Buffer.from('x'));
    client.socket.emit('acknowledged', 1, () => {});
    await proveAlive(client, dialect);
    update(1);
    await client.next((packet) => dialect.markOf(packet) === 1);
  });

  it('acts on as many messages at once as it states, and counts the others', async (test) => {
    const { connect, metric } = await setUp(test, dialect);
    const client = await connect(way);
    await client.nextOf(dialect.firstType);
    const { burst } = dialect.messages;
    const said = burst + 50;
    for (let count = 0; count < said; count += 1) say(client, dialect.keepalive.say);
    const answered = () => client.packets.filter(dialect.keepalive.isAnswer).length;
    const over = () => metric('bff_rejected_total', { edge: dialect.name, reason: 'rate' });
    await waitFor('some to be refused', async () => (await over()) > 0);
    await waitFor('the others to be answered', () => answered() >= burst - 5);
  });

  it('ends the session of a client that has left', async (test) => {
    const { connect, metric } = await setUp(test, dialect);
    const clients = [await connect(way), await connect(way)];
    const count = () => metric('bff_clients', { dialect: dialect.name });
    await waitFor('two', async () => (await count()) === 2);
    for (const client of clients) await client.stop();
    await waitFor('none', async () => (await count()) === 0);
  });

  it('ends the connections when the gateway shuts down, and lets no new one in', async (test) => {
    const { connect, gateway, path } = await setUp(test, dialect);
    const clients = [await connect(way), await connect(way)];
    for (const client of clients) await client.nextOf(dialect.firstType);
    await within('the end', gateway.stop());
    // By either their library connects again by itself. Between two polls there was none to tell.
    for (const client of clients)
      expect(await within('the end', client.disconnected)).toMatch(/^transport (close|error)$/);
    await connectRefusalOf(gateway.url, way, { path });
  });

  it('ends with the token, and says so', async (test) => {
    const { connect } = await setUp(test, dialect, { settings: { AUTH_JWT_SECRET: testSecret } });
    const token = await secretToken(testClaims({ exp: Math.floor(Date.now() / 1000) + 2 }));
    const client = await connect(way, { auth: { token } });
    expect(await within('the end', client.disconnected)).toBe('io server disconnect');
    expect(client.packets.at(-1)?.type).toBe('error');
  });

  it('is found past one slash and by an alias', async (test) => {
    const [bare = ''] = dialect.path.split(/\/?(?:\?|$)/);
    const { connect } = await setUp(test, dialect, { settings: { PATH_ALIASES: `/other/way=${bare}` } });
    for (const path of [bare, `${bare}/`, '/other/way', '/other/way/']) {
      const client = await connect(way, { path, addTrailingSlash: false });
      await client.nextOf(dialect.firstType);
    }
  });

  it('refuses an option that is nearly one of its own, in words', async (test) => {
    const { gateway, path } = await setUp(test, dialect);
    for (const name of ['token', ...dialect.options]) {
      const refused = await connectRefusalOf(gateway.url, way === 'upgrade' ? 'polling' : way, {
        path,
        query: { [`${name}x`]: '1' },
      });
      expect(refused.data).toMatchObject({
        code: 'BAD_OPTION',
        detail: `${name}x: no such option – did you mean ${name}?`,
      });
    }
  });
});

describe.each(socketIoEndpoints)('Beside a client of $name on $path that reads nothing', (dialect) => {
  const eventOfType = (text: string) => /^42\["([^"]*)"/.exec(text)?.[1];

  /** One that has joined and asked for updates, and has read nothing since. */
  async function stall(test: TestScope, way: 'polling' | 'websocket', url: string, path: string) {
    const { type, payload } = JSON.parse(dialect.begins ?? '{}');
    const words = type === undefined ? [] : [`42${JSON.stringify([type, payload])}`];
    if (way === 'polling') {
      const { poll, post } = await openRawPolling(url, path);
      await post('40');
      await poll();
      for (const word of words) await post(word);
      return { heard: () => 0 };
    }
    const { socket, heard, hears } = await openRawSocketIo(test, url, path, { autoPong: false });
    socket.send('40');
    await hears('40');
    for (const word of words) socket.send(word);
    return { heard: () => heard.filter((text) => eventOfType(text) !== undefined).join('').length };
  }

  it.for(['polling', 'websocket'] as const)('by %s, another gets everything', async (way, test) => {
    const { gateway, path, update, metric, connect } = await setUp(test, dialect);
    const stalled = await stall(test, way, gateway.url, path);
    const other = await connect('websocket');
    const [updates, bytes] = [12, 120_000];
    for (let mark = 1; mark <= updates; mark += 1) {
      update(mark, bytes);
      await other.next((packet) => dialect.markOf(packet) === mark);
    }
    expect(stalled.heard()).toBeLessThan(2 * windowBytes);
    await waitFor(
      'it to be passed over',
      async () => (await metric('bff_skipped_total', { dialect: dialect.name })) > 0,
    );
  });

  it.for(['polling', 'websocket'] as const)('by %s, it is closed as slow', async (way, test) => {
    const { gateway, path, update, metric, connect } = await setUp(test, dialect, {
      limits: { slowAfterMs: 200 },
    });
    await stall(test, way, gateway.url, path);
    const other = await connect('websocket');
    let mark = 0;
    await waitFor('the stalled one to be gone', async () => {
      mark += 1;
      update(mark, 120_000);
      await other.next((packet) => dialect.markOf(packet) === mark);
      return (await metric('bff_clients', { dialect: dialect.name })) === 1;
    });
    expect(gateway.log.entries).toContainEqual(
      expect.objectContaining({ fields: expect.objectContaining({ cause: 'slow' }) }),
    );
    await proveAlive(other, dialect);
  });
});

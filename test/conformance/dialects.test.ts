import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type KeepaliveLimits, keepaliveDefaults } from '../../src/deliver/keepalive.ts';
import { connectClient, refusalOf, UpgradeRefused } from '../support/client.ts';
import { endpoints, proveAlive, serveEveryDialect } from '../support/dialect.ts';
import { secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { type TestScope, useIn, waitFor, within } from '../support/wait.ts';

/** Sent to a client that answers no ping. */
const windowBytes = 512 * 1024;

/** The answer to a handshake that is let in. */
async function handshakeAnswer(
  test: TestScope,
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<IncomingMessage> {
  const socket = new WebSocket(url, { headers }).on('error', () => {});
  test.onTestFinished(() => socket.terminate());
  const [answer]: IncomingMessage[] = await within('the answer', once(socket, 'upgrade'));
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

describe.each(endpoints)('The $name dialect on $path', (dialect) => {
  const [pathname = '', search] = dialect.path.split('?');
  const query = search === undefined ? '' : `?${search}`;

  async function setUp(test: TestScope, limits: Partial<KeepaliveLimits> = {}, settings = {}) {
    const { gateway, update } = await serveEveryDialect(test, dialect, {
      settings,
      keepalive: { ...keepaliveDefaults, ...limits },
    });
    const url = `${gateway.wsUrl}${dialect.path}`;
    return {
      gateway,
      url,
      connect: (options = {}) => useIn(test, connectClient(url, options)),
      update,
    };
  }

  it('greets first, and once', async (test) => {
    const { connect, update } = await setUp(test);
    const client = await connect();
    expect((await client.next()).type).toBe(dialect.firstType);
    update(1);
    await client.next((packet) => dialect.markOf(packet) === 1);
    expect(client.packets.filter(({ type }) => type === dialect.greetingType)).toHaveLength(1);
  });

  it('answers a keepalive', async (test) => {
    const { connect } = await setUp(test);
    await proveAlive(await connect(), dialect);
  });

  it('ignores what it does not understand and goes on', async (test) => {
    const { connect, update } = await setUp(test);
    const client = await connect();
    await client.nextOf(dialect.firstType);
    for (const message of dialect.ignored) client.socket.send(message);
    await proveAlive(client, dialect);
    update(1);
    await client.next((packet) => dialect.markOf(packet) === 1);
  });

  const { refused } = dialect;
  if (refused !== undefined) {
    it('says what is wrong and closes where a message is none of its protocol', async (test) => {
      const { connect } = await setUp(test);
      for (const message of refused) {
        const client = await connect();
        client.socket.send(message);
        expect((await client.closed).code).toBe(1008);
        expect(client.latest.type).toBe('error');
      }
    });
  }

  it('takes a message of the largest size and closes a larger one', async (test) => {
    const { connect } = await setUp(test);
    const client = await connect();
    client.socket.send(dialect.keepalive.say.padEnd(dialect.maxMessageBytes));
    await client.next(dialect.keepalive.isAnswer);
    await proveAlive(client, dialect);
    client.socket.send(' '.repeat(dialect.maxMessageBytes + 1));
    expect((await client.closed).code).toBe(dialect.closeCodes.oversize);
  });

  it('acts on as many messages at once as it states, and counts the others', async (test) => {
    const { connect, gateway } = await setUp(test);
    const client = await connect();
    await client.nextOf(dialect.firstType);
    const { burst } = dialect.messages;
    const said = burst + 50;
    for (let count = 0; count < said; count += 1) client.socket.send(dialect.keepalive.say);
    const answered = () => client.packets.filter(dialect.keepalive.isAnswer).length;
    const over = async () =>
      (await gateway.metrics()).value('bff_rejected_total', { edge: dialect.name, reason: 'rate' });
    await waitFor('all to be read', async () => answered() + (await over()) === said);
    expect(answered()).toBeGreaterThanOrEqual(burst);
    expect(await over()).toBeGreaterThan(0);
  });

  it('gives a client that lagged behind the newest only, or no more than it may lack', async (test) => {
    const { connect, update } = await setUp(test);
    const lagging = await connect({ autoPong: false });
    await lagging.nextOf(dialect.firstType);
    const updates = dialect.maxBehind + 40;
    const bytes = 50_000;
    for (let mark = 1; mark <= updates; mark += 1) update(mark, bytes);
    lagging.socket.on('ping', () => lagging.socket.pong());
    lagging.socket.pong();
    await lagging.next((packet) => dialect.markOf(packet) === updates);
    const marks = lagging.packets.map(dialect.markOf).filter((mark) => typeof mark === 'number');
    // What it was sent before it answered and just after, what it may lack, and the one that came last.
    const most = Math.ceil((2 * windowBytes) / bytes) + dialect.maxBehind + 1;
    expect(new Set(marks).size).toBeLessThanOrEqual(most);
  });

  if (dialect.closeCodes.slow !== undefined) {
    it('closes a client that stays behind', async (test) => {
      const { connect, update } = await setUp(test, { slowAfterMs: 200 });
      const [slow, other] = [await connect({ autoPong: false }), await connect()];
      for (let mark = 1; mark <= 30; mark += 1) {
        update(mark, 50_000);
        await other.next((packet) => dialect.markOf(packet) === mark);
      }
      expect((await slow.closed).code).toBe(dialect.closeCodes.slow);
      await proveAlive(other, dialect);
    });
  } else {
    it('keeps a client that stays behind', async (test) => {
      const slowAfterMs = 200;
      const { connect, update } = await setUp(test, { slowAfterMs });
      const [slow, other] = [await connect({ autoPong: false }), await connect()];
      const startedAt = performance.now();
      let mark = 0;
      await waitFor('the time in which other dialects close it', async () => {
        mark += 1;
        update(mark, 50_000);
        await other.next((packet) => dialect.markOf(packet) === mark);
        return mark > 30 && performance.now() - startedAt > 8 * slowAfterMs;
      });
      expect(slow.socket.readyState).toBe(slow.socket.OPEN);
      slow.socket.on('ping', () => slow.socket.pong());
      slow.socket.pong();
      await slow.next((packet) => dialect.markOf(packet) === mark);
    });
  }

  if (dialect.closeCodes.idle === undefined) {
    it('ends a connection that fell silent, and keeps one that answers pings', async (test) => {
      const { connect } = await setUp(test, { pingEveryMs: 100, silentAfterMs: 1200 });
      const [silent, other] = [await connect({ autoPong: false }), await connect()];
      expect((await silent.closed).code).toBe(1006);
      await proveAlive(other, dialect);
    });
  } else {
    it('closes a connection whose client says nothing, and keeps one that sends messages', async (test) => {
      const { connect } = await setUp(test, { idleAfterMs: 1500 });
      const [silent, other] = [await connect(), await connect()];
      const speaking = setInterval(() => other.socket.send(dialect.keepalive.say), 100);
      test.onTestFinished(() => clearInterval(speaking));
      expect((await silent.closed).code).toBe(dialect.closeCodes.idle);
      await proveAlive(other, dialect);
    });
  }

  it('tells its clients when the gateway shuts down, and lets no new one in', async (test) => {
    const { connect, gateway, url } = await setUp(test);
    const clients = await Promise.all([connect(), connect(), connect()]);
    const stopped = gateway.stop();
    for (const client of clients) expect((await client.closed).code).toBe(dialect.closeCodes.shutdown);
    await stopped;
    await expect(connectClient(url)).rejects.toThrow();
  });

  it('refuses an origin that is not allowed, before the upgrade', async (test) => {
    const { url, connect } = await setUp(test, {}, { ALLOWED_ORIGINS: 'https://good.example.com' });
    const refusal = await refusalOf(url, { headers: { origin: 'https://bad.example.com' } });
    expect(refusal).toBeInstanceOf(UpgradeRefused);
    expect(refusal.status).toBe(403);
    await proveAlive(await connect({ headers: { origin: 'https://good.example.com' } }), dialect);
  });

  it('demands a token before the upgrade where auth is on, and ends the connection with the token', async (test) => {
    const { url, connect, gateway } = await setUp(test, {}, { AUTH_JWT_SECRET: testSecret });
    for (const headers of [{}, { authorization: 'Bearer nonsense' }]) {
      const refusal = await refusalOf(url, { headers });
      expect(refusal).toBeInstanceOf(UpgradeRefused);
      expect(refusal.status).toBe(401);
    }
    const exp = Math.floor(Date.now() / 1000) + 2;
    const token = await secretToken(testClaims({ role: 'viewer', exp }));
    const client = await connect({ headers: { authorization: `Bearer ${token}` } });
    await client.nextOf(dialect.firstType);
    expect((await client.closed).code).toBe(dialect.closeCodes.tokenExpired);
    expect(JSON.stringify(gateway.log.entries)).not.toContain(token);
  });

  it('is found past one slash and by an alias, and by nothing like these', async (test) => {
    const settings = { PATH_ALIASES: `/other/way=${pathname}` };
    const { gateway } = await setUp(test, {}, settings);
    const at = (path: string) => `${gateway.wsUrl}${path}${query}`;
    const slashed = pathname === '/' ? [] : [`${pathname}/`];
    for (const path of [...slashed, '/other/way', '/other/way/']) {
      const client = await useIn(test, connectClient(at(path)));
      expect([path, (await client.next()).type]).toEqual([path, dialect.firstType]);
      await client.stop();
    }
    for (const path of [`${pathname}//`, '/other/way//', '/other/way/x', '/Other/way'])
      expect([path, (await refusalOf(at(path))).status]).toEqual([path, 404]);
  });

  it('agrees to the only subprotocol that is offered, unless it may be a secret', async (test) => {
    const { url, gateway } = await setUp(test);
    for (const name of ['chat', 'v12.stomp', 'ocpp2.0.1', 'token', 'x'.repeat(64)]) {
      const client = await useIn(test, connectClient(url, {}, [name]));
      expect([client.socket.protocol, (await client.next()).type]).toEqual([name, dialect.firstType]);
    }
    const token = await secretToken(testClaims());
    const secret = ['x'.repeat(65), 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.', token];
    for (const offered of [...secret, 'chat, superchat']) {
      const headers = { 'Sec-WebSocket-Protocol': offered };
      const answer = await handshakeAnswer(test, url, headers);
      expect([offered, answer.headers['sec-websocket-protocol']]).toEqual([offered, undefined]);
    }
    const both = await useIn(test, connectClient(url, {}, ['token', token]));
    expect(both.socket.protocol).toBe('token');
    expect(JSON.stringify(gateway.log.entries)).not.toContain(token);
  });

  it('refuses an option that is nearly one of its own, or given twice, in words', async (test) => {
    const { gateway } = await setUp(test);
    const refused = async (search: string) => {
      const connecting = connectClient(`${gateway.wsUrl}${pathname}?${search}`);
      const client = await connecting.catch((error: unknown) => error);
      if (client instanceof UpgradeRefused) return client.body;
      const sentAway = await useIn(test, connecting);
      await sentAway.closed;
      return sentAway.latest.text;
    };
    for (const name of ['token', ...dialect.options]) {
      const wrong = `${name.slice(0, -1)}${name.endsWith('x') ? 'y' : 'x'}`;
      expect(await refused(`${wrong}=1`)).toContain(`${wrong}: no such option – did you mean ${name}?`);
    }
    for (const name of dialect.options)
      expect(await refused(`${name}=1&${name}=1`)).toContain(`${name}: given 2 times, expected once`);
  });

  it('lists the names that it ignores in the answer to the handshake', async (test) => {
    const { gateway } = await setUp(test);
    const answerTo = (search: string) => handshakeAnswer(test, `${gateway.wsUrl}${pathname}?${search}`, {});
    const { statusCode, headers } = await answerTo('_=17&utm_source=a%0D%0Ab&token=secret&%0D%0AX:=1');
    expect([statusCode, headers['x-ignored-options']]).toEqual([101, '_,utm_source,%0D%0AX%3A']);
    expect((await answerTo('')).headers['x-ignored-options']).toBeUndefined();
  });

  it('counts its clients', async (test) => {
    const { connect, gateway } = await setUp(test);
    const clients = [await connect(), await connect()];
    const count = async () => (await gateway.metrics()).value('bff_clients', { dialect: dialect.name });
    await waitFor('two', async () => (await count()) === 2);
    for (const client of clients) client.socket.close();
    await waitFor('none', async () => (await count()) === 0);
  });
});

import { describe, expect, it } from 'vitest';
import { MemoryEvents } from '../../src/source/events.ts';
import { example } from '../support/example-dialect.ts';
import { type StartOptions, startGateway } from '../support/gateway.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { rawExchange } from '../support/raw-socket.ts';
import {
  connectRefusalOf,
  connectSocketIo,
  type SocketIoWay,
  socketIoWays,
} from '../support/socket-io-client.ts';
import { secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { type TestScope, useIn, waitFor, within } from '../support/wait.ts';

const path = '/example-io/';

async function setUp(
  test: TestScope,
  settings: Readonly<Record<string, string>>,
  more: Pick<StartOptions, 'clock'> = {},
) {
  const gateway = await useIn(
    test,
    startGateway({ events: new MemoryEvents(), engine: false, dialects: [example], settings, ...more }),
  );
  return {
    gateway,
    connect: (way: SocketIoWay, more = {}) =>
      useIn(test, connectSocketIo(gateway.url, way, { path, ...more })),
    refusal: (way: SocketIoWay, more = {}) => connectRefusalOf(gateway.url, way, { path, ...more }),
    refusedLines: () =>
      gateway.log.entries.filter(({ message }) => message === 'refused').map(({ fields }) => fields),
    handshake: (more: RequestInit = {}) => fetch(`${gateway.url}${path}?EIO=4&transport=polling`, more),
  };
}

const from = (address: string) => ({ extraHeaders: { 'x-forwarded-for': address } });

describe.each(socketIoWays)('Where a token is demanded, a Socket.IO client by %s', (way) => {
  const settings = { AUTH_JWT_SECRET: testSecret };

  it('may bring it with the handshake, in a header, the query or as auth.token of its CONNECT', async (test) => {
    const { connect, gateway } = await setUp(test, settings);
    const token = await secretToken(testClaims({ role: 'viewer' }));
    const ways = [
      { extraHeaders: { authorization: `Bearer ${token}` } },
      { query: { token } },
      { auth: { token } },
    ];
    for (const options of ways) await (await connect(way, options)).nextOf('welcome');
    expect(gateway.log.entries).toContainEqual(
      expect.objectContaining({
        message: 'Example client connected',
        fields: expect.objectContaining({ subject: 'alice', role: 'viewer', transport: 'socket.io' }),
      }),
    );
    expect(JSON.stringify(gateway.log.entries)).not.toContain(token);
  });

  it('is told in the connect_error what is wrong, and is logged and counted', async (test) => {
    const { refusal, gateway, refusedLines } = await setUp(test, settings);
    const agent = await secretToken(testClaims({ role: 'agent' }));
    const tries: [object, string][] = [
      [{}, 'UNAUTHENTICATED'],
      [{ auth: { token: 'nonsense' } }, 'UNAUTHENTICATED'],
      [{ auth: { token: '' } }, 'UNAUTHENTICATED'],
      [{ auth: { token: { nested: true } } }, 'UNAUTHENTICATED'],
      [{ auth: { token: agent } }, 'FORBIDDEN_ROLE'],
    ];
    for (const [options, code] of tries) {
      const { data, message, status } = await refusal(way === 'upgrade' ? 'polling' : way, options);
      expect([options, data.code, status]).toEqual([options, code, undefined]);
      expect([message, data.detail]).toEqual([expect.any(String), expect.any(String)]);
    }
    const metrics = await gateway.metrics();
    expect(metrics.value('bff_rejected_total', { edge: 'auth', reason: 'unauthenticated' })).toBe(4);
    expect(refusedLines()).toContainEqual(
      expect.objectContaining({ reason: 'unauthenticated', address: '127.0.0.1', path }),
    );
    expect(metrics.value('bff_clients', { dialect: 'example' })).toBe(0);
  });

  it('is refused the handshake for a bad token there, whatever its CONNECT would bring', async (test) => {
    const { refusal, handshake } = await setUp(test, settings);
    const token = await secretToken(testClaims());
    const bad = { extraHeaders: { authorization: 'Bearer nonsense' }, auth: { token } };
    const { message, data } = await refusal(way === 'upgrade' ? 'polling' : way, bad);
    expect([message, data]).toEqual([expect.stringContaining('error'), {}]);
    const answer = await handshake({ headers: { authorization: 'Bearer nonsense' } });
    expect([answer.status, await answer.json()]).toEqual([
      401,
      expect.objectContaining({ code: 'UNAUTHENTICATED' }),
    ]);
  });

  it('is told of the end of its token, and does not come back by itself', async (test) => {
    const { connect, gateway } = await setUp(test, settings);
    const exp = Math.floor(Date.now() / 1000) + 2;
    const token = await secretToken(testClaims({ exp }));
    const client = await connect(way, { auth: { token }, reconnection: true });
    expect(await within('the end', client.disconnected)).toBe('io server disconnect');
    expect(client.packets.at(-1)).toMatchObject({ type: 'error', body: { reason: 'tokenExpired' } });
    await waitFor('the end of the session', () =>
      gateway.log.entries.find(
        ({ message, fields }) =>
          message?.startsWith('Example client disconnected') && fields?.cause === 'tokenExpired',
      ),
    );
    expect(client.socket.active).toBe(false);
  });
});

describe('A token of the handshake', () => {
  it('counts where the CONNECT brings another', async (test) => {
    const { connect, gateway } = await setUp(test, { AUTH_JWT_SECRET: testSecret });
    const of = (sub: string) => secretToken(testClaims({ sub }));
    const options = {
      extraHeaders: { authorization: `Bearer ${await of('first')}` },
      auth: { token: await of('second') },
    };
    await (await connect('websocket', options)).nextOf('welcome');
    expect(JSON.stringify(gateway.log.entries)).toContain('"subject":"first"');
  });

  it('is ignored at either place where no auth is configured', async (test) => {
    const { connect } = await setUp(test, {});
    const options = { extraHeaders: { authorization: 'Bearer x' }, auth: { token: 'y' } };
    await (await connect('polling', options)).nextOf('welcome');
  });
});

describe('Origins and hosts of Socket.IO', () => {
  it('are checked on the handshake, on every poll and on the upgrade', async (test) => {
    const { gateway, handshake, connect, refusal } = await setUp(test, {
      ALLOWED_ORIGINS: 'https://good.example.com',
    });
    const as = (origin: string) => ({ extraHeaders: { origin }, headers: { origin } });
    const bad = as('https://bad.example.com');
    expect((await handshake(bad)).status).toBe(403);
    await refusal('websocket', bad);
    const good = await handshake(as('https://good.example.com'));
    expect(good.headers.get('access-control-allow-origin')).toBe('https://good.example.com');
    const { sid } = JSON.parse((await good.text()).slice(1));
    const later = `${gateway.url}${path}?EIO=4&transport=polling&sid=${sid}`;
    for (const method of ['GET', 'POST']) expect((await fetch(later, { ...bad, method })).status).toBe(403);
    await (await connect('upgrade', as('https://good.example.com'))).nextOf('welcome');
  });

  it('let a page without an address read under *, and answer preflights', async (test) => {
    const { handshake, connect } = await setUp(test, {});
    const page = { headers: { origin: 'null' }, extraHeaders: { origin: 'null' } };
    expect((await handshake(page)).headers.get('access-control-allow-origin')).toBe('null');
    for (const way of socketIoWays) await (await connect(way, page)).nextOf('welcome');
    const preflight = await handshake({
      method: 'OPTIONS',
      headers: {
        origin: 'null',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([
      204,
      'authorization',
    ]);
  });

  it('are refused by a name that is not the gateway’s', async (test) => {
    const { connect, refusal, gateway } = await setUp(test, { ALLOWED_HOSTS: 'bff.example.com' });
    const poll = (host: string) =>
      rawExchange(
        gateway.port,
        `GET ${path}?EIO=4&transport=polling HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
    expect(await poll('evil.example.com')).toMatch(/^HTTP\/1\.1 421 /);
    expect(await poll('bff.example.com')).toMatch(/^HTTP\/1\.1 200 /);
    await refusal('websocket', { extraHeaders: { host: 'evil.example.com' } });
    await (await connect('websocket', { extraHeaders: { host: 'bff.example.com' } })).nextOf('welcome');
  });
});

describe('The places of Socket.IO connections', () => {
  it('are one each, from the handshake to the end, and refused with a problem', async (test) => {
    const { connect, handshake, refusal } = await setUp(test, { MAX_CONNECTIONS: '2' });
    const [polling, socket] = [await connect('polling'), await connect('websocket')];
    const full = await handshake();
    expect([full.status, await full.json()]).toEqual([503, expect.objectContaining({ code: 'AT_CAPACITY' })]);
    expect(Number(full.headers.get('retry-after'))).toBeGreaterThan(0);
    await refusal('websocket');
    for (const client of [polling, socket]) {
      await client.stop();
      const next = await waitFor('its place', () => connect('polling').catch(() => undefined));
      await next.stop();
      await waitFor('its place again', () => connect('websocket').catch(() => undefined));
    }
  });

  it('are one after an upgrade, too', async (test) => {
    const { connect, handshake } = await setUp(test, { MAX_CONNECTIONS: '2' });
    await connect('upgrade');
    await waitFor('the place of the polling that is over', async () => (await handshake()).status === 200);
    expect((await handshake()).status).toBe(503);
  });

  it('leave a client on polling whose upgrade finds none', async (test) => {
    const { connect, gateway } = await setUp(test, { MAX_CONNECTIONS: '1' });
    const client = await connect('polling', { transports: ['polling', 'websocket'] });
    await waitFor('the refusal of the upgrade', () =>
      gateway.log.entries.find(({ message }) => message === 'refused'),
    );
    client.emit('ping');
    await client.nextOf('pong');
    expect(client.transport).toBe('polling');
  });

  it('are counted by address, and given back by handshakes that fail', async (test) => {
    const { connect, gateway, refusal } = await setUp(test, {
      TRUST_PROXY: '1',
      MAX_CONNECTIONS_PER_IP: '1',
    });
    const { extraHeaders: headers } = from('192.0.2.1');
    const ask = async (query: string, method = 'GET') =>
      (await fetch(`${gateway.url}${path}?${query}`, { method, headers })).status;
    for (const query of ['EIO=3&transport=polling', 'EIO=4&transport=carrier', 'EIO=4&transport=websocket'])
      expect([query, await ask(query)]).toEqual([query, 400]);
    expect(await ask('EIO=4&transport=polling', 'POST')).toBe(400);
    for (const method of ['HEAD', 'PUT', 'DELETE'])
      expect([method, await ask('EIO=4&transport=polling', method)]).toEqual([method, 405]);
    await (await connect('polling', from('192.0.2.1'))).nextOf('welcome');
    expect(await ask('EIO=4&transport=polling')).toBe(429);
    await refusal('websocket', from('192.0.2.1'));
    await (await connect('websocket', from('192.0.2.2'))).nextOf('welcome');
    const addresses = gateway.log.entries.map(({ fields }) => fields?.address);
    expect(addresses).toEqual(expect.arrayContaining(['192.0.2.1', '192.0.2.2']));
  });

  it('are given back after 10 s by a client that never joins, though it asks for nothing more', async (test) => {
    const clock = createManualClock();
    const { handshake } = await setUp(test, { MAX_CONNECTIONS: '1' }, { clock });
    expect((await handshake()).status).toBe(200);
    clock.advance(9999);
    expect((await handshake()).status).toBe(503);
    clock.advance(1);
    expect((await handshake()).status).toBe(200);
  });

  it('beyond the bound are for operators', async (test) => {
    const { connect, refusal } = await setUp(test, { MAX_CONNECTIONS: '1', AUTH_JWT_SECRET: testSecret });
    const as = async (role: string) => ({
      extraHeaders: { authorization: `Bearer ${await secretToken(testClaims({ role }))}` },
    });
    await connect('websocket', await as('viewer'));
    await refusal('websocket', await as('viewer'));
    await (await connect('websocket', await as('operator'))).nextOf('welcome');
    await (await connect('polling', await as('operator'))).nextOf('welcome');
  });
});

import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { MemoryEvents } from '../../src/source/events.ts';
import { connectClient, UpgradeRefused } from '../support/client.ts';
import { type StartOptions, startGateway } from '../support/gateway.ts';
import { rawExchange } from '../support/raw-socket.ts';
import { secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

const start = (test: TestScope, settings: StartOptions['settings'] = {}) =>
  useIn(test, startGateway({ settings }));
const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
const get = (path: string, ...headers: string[]) =>
  ['GET', path, 'HTTP/1.1\r\nConnection: close\r\n'].join(' ') +
  headers.map((line) => `${line}\r\n`).join('') +
  '\r\n';

describe('A page whose name was made to mean this machine', () => {
  it.for([
    ['evil.example:3000', 421, 421],
    ['localhost:3000', 200, 101],
    ['127.0.0.1', 200, 101],
    ['[::1]:3000', 200, 101],
  ] as const)('is let in by the name %s: %i and %i', async ([host, http, webSocket], test) => {
    const { port, wsUrl, metrics } = await start(test);
    const wanted = (path: string) => (http === 200 && path === '/nowhere' ? 404 : http);
    for (const path of ['/api/telemetry', '/metrics', '/api/clients', '/nowhere']) {
      expect([path, statusOf(await rawExchange(port, get(path, `Host: ${host}`)))]).toEqual([
        path,
        wanted(path),
      ]);
    }
    const upgraded = connectClient(`${wsUrl}/ws/stream`, { headers: { host } }).then(
      (client) => useIn(test, Promise.resolve(client)).then(() => 101),
      (error: unknown) => (error instanceof UpgradeRefused ? error.status : 0),
    );
    expect(await upgraded).toBe(webSocket);
    for (const path of ['/livez', '/health']) {
      expect(statusOf(await rawExchange(port, get(path, `Host: ${host}`)))).toBe(200);
    }
    const refused = (await metrics()).value('bff_rejected_total', { edge: 'http', reason: 'host_refused' });
    expect(refused).toBe(http === 421 ? 4 : 0);
  });

  it('commands nothing, though commands are allowed on loopback', async (test) => {
    const { port, engine } = await start(test, { ALLOW_COMMANDS: 'true' });
    for (const [host, origin, status] of [
      ['evil.example', 'http://evil.example', 421],
      [`127.0.0.1:${port}`, 'http://evil.example', 403],
      [`127.0.0.1:${port}`, 'null', 403],
    ] as const) {
      const body = `POST /api/telemetry/halt HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
      expect(statusOf(await rawExchange(port, body))).toBe(status);
    }
    expect(engine.market.status()).not.toBe('HALT');
  });

  it('is answered without a Host, as probes of HTTP/1.0 are', async (test) => {
    const { port } = await start(test);
    expect(statusOf(await rawExchange(port, 'GET /livez HTTP/1.0\r\n\r\n'))).toBe(200);
    expect(statusOf(await rawExchange(port, 'GET /health HTTP/1.0\r\n\r\n'))).toBe(200);
  });
});

describe('Behind a proxy that ends TLS', () => {
  const settings = { TRUST_PROXY: '1', ALLOWED_HOSTS: 'dash.example.com', ALLOW_COMMANDS: 'true' };

  it.for([
    ['dash.example.com', 'X-Forwarded-Proto: https'],
    ['dash.example.com:443', 'X-Forwarded-Proto: https'],
    ['upstream:3000', 'X-Forwarded-Host: dash.example.com'],
  ] as const)('the page of the gateway reads and commands, Host %s, %s', async ([host, more], test) => {
    const { port, engine } = await start(test, settings);
    await waitFor('the engine', async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
    const request = (method: string, path: string, origin: string) =>
      `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\n${more}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
    expect(
      statusOf(await rawExchange(port, request('POST', '/api/telemetry/halt', 'https://evil.example'))),
    ).toBe(403);
    expect(engine.market.status()).not.toBe('HALT');
    expect(
      statusOf(await rawExchange(port, request('GET', '/api/telemetry', 'https://dash.example.com'))),
    ).toBe(200);
    const halt = request('POST', '/api/telemetry/halt', 'https://dash.example.com');
    expect(statusOf(await rawExchange(port, halt))).toBe(200);
    expect(engine.market.status()).toBe('HALT');
  });
});

describe('GET /api/clients', () => {
  it('says who is connected, to operators', async (test) => {
    const { url, wsUrl, log } = await start(test, { AUTH_JWT_SECRET: testSecret });
    const bearer = async (sub: string, role: string) => ({
      authorization: `Bearer ${await secretToken(testClaims({ sub, role }))}`,
    });
    const headers = { ...(await bearer('bob', 'viewer')), 'user-agent': 'dash/1' };
    const client = await useIn(test, connectClient(`${wsUrl}?mode=delta&interval=500`, { headers }));
    await client.next();
    const ask = async (headers?: Record<string, string>) =>
      await fetch(`${url}/api/clients`, { headers: headers ?? {} });
    expect((await ask()).status).toBe(401);
    expect((await ask(await bearer('bob', 'viewer'))).status).toBe(403);
    const answer = await ask(await bearer('ann', 'operator'));
    expect(await answer.json()).toMatchObject([
      {
        dialect: 'telemetry',
        transport: 'websocket',
        address: '127.0.0.1',
        subject: 'bob',
        user_agent: 'dash/1',
        view: 'mode=delta&encoding=json&interval=500',
        skipped: 0,
        behind: expect.any(Number),
        sent: expect.any(Number),
        round_trip_ms: null,
      },
    ]);
    const connected = log.entries.find(({ message }) => message === 'Telemetry client connected');
    expect(connected?.fields).toMatchObject({ address: '127.0.0.1', subject: 'bob', user_agent: 'dash/1' });
  });

  it('says it without auth to the machine itself, and to nobody behind a proxy or on a page', async (test) => {
    const { url } = await start(test);
    const ask = async (headers: Record<string, string>) =>
      (await fetch(`${url}/api/clients`, { headers })).status;
    expect(await ask({})).toBe(200);
    expect(await ask({ 'x-forwarded-for': '203.0.113.7' })).toBe(403);
    expect(await ask({ origin: 'https://evil.example' })).toBe(403);
  });
});

describe('OPS_PORT', () => {
  it('has metrics, health and clients without tokens, and PORT has no metrics then', async (test) => {
    const { url, opsPort } = await start(test, {
      OPS_PORT: '0',
      AUTH_JWT_SECRET: testSecret,
      METRICS_AUTH: 'true',
    });
    for (const path of ['/metrics', '/livez', '/health', '/api/clients']) {
      expect([path, (await fetch(`http://127.0.0.1:${opsPort}${path}`)).status]).toEqual([path, 200]);
    }
    expect(statusOf(await rawExchange(opsPort ?? 0, get('/metrics', 'Host: evil.example')))).toBe(200);
    for (const path of ['/', '/api/telemetry']) {
      expect((await fetch(`http://127.0.0.1:${opsPort}${path}`)).status).toBe(404);
    }
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it('counts events that nobody sees', async (test) => {
    const events = new MemoryEvents();
    const { metrics } = await useIn(test, startGateway({ events }));
    events.publish('state_update', '{"market":{"price":1}}');
    expect((await metrics()).value('bff_events_total', { channel: 'state_update' })).toBe(1);
  });
});

describe('A body that is cut off', () => {
  it('is no fault of the gateway’s, and carries nothing out', async (test) => {
    const { port, log, engine, url } = await start(test, { ALLOW_COMMANDS: 'true', ALLOW_INGEST: 'true' });
    for (const path of ['/api/telemetry/halt', '/api/diagnostics/events']) {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`;
      await new Promise<void>((resolve) => socket.write(head, () => resolve()));
      await fetch(`${url}/livez`);
      socket.destroy();
      await fetch(`${url}/livez`);
    }
    await fetch(`${url}/livez`);
    expect(engine.market.status()).not.toBe('HALT');
    expect(log.entries.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('A page open at the machine itself', () => {
  it('learns of no clients, though its requests to itself name no origin', async (test) => {
    const { port } = await start(test, { HOST: '0.0.0.0' });
    expect(statusOf(await rawExchange(port, get('/api/clients', 'Host: evil.example:3000')))).toBe(403);
    expect(statusOf(await rawExchange(port, get('/api/clients', 'Host: localhost:3000')))).toBe(200);
  });
});

describe('The files of the built-in pages', () => {
  it('load under any name and from any origin, so that they can say what to set', async (test) => {
    const { port, log } = await start(test, {
      ALLOWED_ORIGINS: 'https://dash.example.com',
      ALLOWED_HOSTS: 'dash.example.com',
    });
    const foreign = ['Host: evil.example:3000', 'Origin: http://evil.example:3000'];
    const page = await rawExchange(port, get('/', ...foreign));
    const [, script = ''] = /src="\.(\/assets\/[^"]+\.js)"/.exec(page) ?? [];
    for (const path of ['/', '/websocket-test', script]) {
      expect([path, statusOf(await rawExchange(port, get(path, ...foreign)))]).toEqual([path, 200]);
    }
    expect(log.entries.filter(({ message }) => message === 'refused')).toEqual([]);
  });

  it.for([
    ['Host: evil.example:3000', 421, 'HOST_REFUSED', 'ALLOWED_HOSTS', '"evil.example"'],
    [
      'Origin: http://evil.example:3000',
      403,
      'ORIGIN_REFUSED',
      'ALLOWED_ORIGINS',
      '"http://evil.example:3000"',
    ],
  ] as const)(
    'are told what to set by what they ask for: %s',
    async ([header, status, code, setting, name], test) => {
      const { port } = await start(test, { ALLOWED_ORIGINS: 'https://dash.example.com' });
      const own = header.startsWith('Host') ? [header] : ['Host: localhost', header];
      const socket = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'];
      for (const [path, ...headers] of [
        ['/api/telemetry'],
        ['/api/stream/telemetry'],
        ['/ws/stream', ...socket, 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='],
      ] as const) {
        const answer = await rawExchange(port, get(path, ...own, ...headers));
        expect([path, statusOf(answer)]).toEqual([path, status]);
        const [, body = ''] = answer.split('\r\n\r\n');
        const { code: told, detail } = JSON.parse(/\{.*\}/.exec(body)?.[0] ?? '{}');
        expect([told, detail]).toEqual([code, expect.stringContaining(setting)]);
        expect(detail).toContain(name);
      }
    },
  );
});

describe('A program that sends the gateway’s own address as its origin', () => {
  it.for([
    ['localhost:3000', 101],
    ['127.0.0.1:3000', 101],
    ['[::1]:3000', 101],
    ['10.0.0.5:3000', 101],
    // As it was typed, not as browsers write it.
    ['127.1:3000', 101],
    ['[0:0:0:0:0:0:0:1]:3000', 101],
    ['dash.example.com', 101],
    ['gateway:3000', 101],
    ['other:3000', 421],
  ] as const)('connects by the name %s of the gateway: %i', async ([host, status], test) => {
    const { wsUrl } = await start(test, {
      HOST: '127.0.0.1',
      ALLOWED_ORIGINS: 'https://dash.example.com',
      ALLOWED_HOSTS: 'gateway',
    });
    const upgraded = connectClient(wsUrl, { headers: { host, origin: `http://${host}` } }).then(
      (client) => useIn(test, Promise.resolve(client)).then(() => 101),
      (error: unknown) => (error instanceof UpgradeRefused ? error.status : 0),
    );
    expect(await upgraded).toBe(status);
  });
});

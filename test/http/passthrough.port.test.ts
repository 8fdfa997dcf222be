import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { startGateway } from '../support/gateway.ts';
import { rawExchange } from '../support/raw-socket.ts';
import { secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { type TestScope, useIn } from '../support/wait.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An engine below a path of its own, and a gateway that forwards some paths to it. */
async function setUp(test: TestScope, settings = {}) {
  const seen: Seen[] = [];
  const server = createServer((asked, response) => {
    text(asked).then(
      (body) => {
        seen.push({ method: asked.method, url: asked.url, headers: asked.headers, body });
        if (asked.url?.includes('nothing')) return response.writeHead(204).end();
        if (asked.url?.includes('elsewhere')) return response.writeHead(307, { location: '/x' }).end('moved');
        if (asked.url?.includes('reset')) return response.writeHead(205).end();
        const headers = {
          'content-type': 'text/plain',
          'x-own': '1',
          'set-cookie': 'a=1',
          'content-encoding': 'gzip',
        };
        return response.writeHead(201, headers).end(gzipSync(`answer to ${asked.method}`));
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const gateway = await useIn(
    test,
    startGateway({
      engine: false,
      settings: {
        ENGINE_URL: `http://127.0.0.1:${port}/base`,
        ENGINE_TOKEN: 'engine-token',
        ENGINE_PASSTHROUGH: '/api/orders,/api/instances',
        POLL_CRON: '0 0 0 1 1 *',
        ...settings,
      },
    }),
  );
  return { gateway, forwarded: () => seen.filter(({ url }) => !url?.includes('/api/system/')), server };
}

describe.concurrent('ENGINE_PASSTHROUGH', () => {
  it('forwards its paths as they are, with the engine’s token instead of the client’s', async (test) => {
    const { gateway, forwarded } = await setUp(test, { ALLOW_COMMANDS: 'true' });
    const answer = await request(`${gateway.url}/api/orders/7%20b?side=buy&token=secret&q=%26`, {
      method: 'POST',
      body: '{"size":1}',
      headers: {
        authorization: 'Basic x',
        cookie: 'token=y',
        'content-type': 'application/json',
        'idempotency-key': 'z',
      },
    });
    expect([answer.statusCode, answer.headers['x-own'], answer.headers['set-cookie']]).toEqual([
      201,
      '1',
      undefined,
    ]);
    expect(answer.headers['content-encoding']).toBe('gzip');
    await answer.body.dump();
    const [one, ...others] = forwarded();
    expect(others).toEqual([]);
    expect(one).toMatchObject({
      method: 'POST',
      url: '/base/api/orders/7%20b?side=buy&q=%26',
      body: '{"size":1}',
    });
    expect(one?.headers).toMatchObject({ authorization: 'Bearer engine-token', 'idempotency-key': 'z' });
    expect(one?.headers).not.toHaveProperty('cookie');
    expect(await (await fetch(`${gateway.url}/api/instances/7`)).text()).toBe('answer to GET');
  });

  it('hands on answers without a body, and redirects unfollowed', async (test) => {
    const { gateway } = await setUp(test);
    for (const [path, status] of [
      ['nothing', 204],
      ['elsewhere', 307],
      ['reset', 205],
    ] as const) {
      const answer = await request(`${gateway.url}/api/orders/${path}`);
      expect(answer.statusCode, path).toBe(status);
      await answer.body.dump();
    }
    const head = await fetch(`${gateway.url}/api/orders`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([201, '']);
  });

  it('forwards nothing else, however the path is written', async (test) => {
    const { gateway, forwarded } = await setUp(test);
    const outside = [
      '/api/ordersx',
      '/api',
      '/api/order',
      '/api/orders/../risk',
      '/api/orders/%2e%2e/risk',
      '//api/orders',
    ];
    const tricks = [
      '/api/orders/..%2frisk',
      '/api/orders/%5c..%5crisk',
      '/api/orders/.%2e/risk',
      'http://127.0.0.1:9/api/x',
    ];
    for (const path of [...outside, ...tricks]) {
      const answer = await rawExchange(
        gateway.port,
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
      expect(answer, path).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
    expect(forwarded()).toEqual([]);
  });

  it('refuses methods that change something, unless the client may command, and bodies too large', async (test) => {
    const { gateway, forwarded } = await setUp(test);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect((await fetch(`${gateway.url}/api/orders`, { method })).status, method).toBe(403);
    }
    expect(forwarded()).toEqual([]);
    const open = await setUp(test, { ALLOW_COMMANDS: 'true' });
    const large = await fetch(`${open.gateway.url}/api/orders`, {
      method: 'POST',
      body: 'x'.repeat(1024 * 1024 + 1),
    });
    expect(large.status).toBe(413);
    expect(open.forwarded()).toEqual([]);
  });

  it('demands a token where any dialect does', async (test) => {
    const { gateway, forwarded } = await setUp(test, {
      AUTH_JWT_SECRET: testSecret,
      AUTH_DIALECTS: 'streams',
    });
    expect((await fetch(`${gateway.url}/api/orders`)).status).toBe(401);
    expect((await fetch(`${gateway.url}/api/instances/7`)).status).toBe(401);
    expect(forwarded()).toEqual([]);
    const headers = { authorization: `Bearer ${await secretToken(testClaims())}` };
    expect((await fetch(`${gateway.url}/api/instances/7`, { headers })).status).toBe(201);
  });

  it('answers 502 while the engine is away', async (test) => {
    const { gateway, server } = await setUp(test);
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    const answer = await fetch(`${gateway.url}/api/orders`);
    expect([answer.status, await answer.json()]).toEqual([
      502,
      expect.objectContaining({ code: 'ENGINE_UNREACHABLE' }),
    ]);
  });
});

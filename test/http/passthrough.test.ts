import { describe, expect, it } from 'vitest';
import { Refusal } from '../../src/core/errors.ts';
import { rawExchange } from '../support/raw-socket.ts';
import { anybody, startPassthrough } from './passthrough-set-up.ts';

const get = (target: string, headers: readonly string[] = []): string =>
  [`GET ${target} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers, '', ''].join('\r\n');

describe('Passthrough', () => {
  it('forwards a method that changes something with a body, with one in chunks, and with none', async (test) => {
    const { seen, port } = await startPassthrough(test);
    const head = 'HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n';
    const answers = [
      await rawExchange(port, `DELETE /api/instances/7 ${head}\r\n`),
      await rawExchange(port, `POST /api/instances ${head}Content-Length: 4\r\n\r\nbody`),
      await rawExchange(
        port,
        `PUT /api/instances/8 ${head}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`,
      ),
    ];
    expect(answers.map((answer) => answer.slice(0, 12))).toEqual(Array(3).fill('HTTP/1.1 200'));
    expect(seen.map(({ method, body }) => `${method} ${body}`)).toEqual(['DELETE ', 'POST body', 'PUT body']);
  });

  it('forwards the prefix and what is below it, with query, method and body', async (test) => {
    const { seen, url } = await startPassthrough(test);
    await fetch(url);
    await fetch(`${url}/7/logs?tail=5&q=a%20b`);
    await fetch(`${url}/7`, { method: 'PATCH', body: '{"size":1}', headers: { 'content-type': 'text/x' } });
    expect(seen).toMatchObject([
      { method: 'GET', target: '/base/api/instances' },
      { method: 'GET', target: '/base/api/instances/7/logs?tail=5&q=a%20b' },
      {
        method: 'PATCH',
        target: '/base/api/instances/7',
        body: '{"size":1}',
        headers: { 'content-type': 'text/x' },
      },
    ]);
  });

  it('gives back status, headers and body as they are, redirects too', async (test) => {
    const { url } = await startPassthrough(test, {}, (response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:1/elsewhere', 'x-engine': 'yes' });
      response.end('moved');
    });
    const response = await fetch(url, { redirect: 'manual' });
    expect([response.status, response.headers.get('x-engine'), await response.text()]).toEqual([
      302,
      'yes',
      'moved',
    ]);
  });

  it.for([204, 304])('gives back %i without a body', async (status, test) => {
    const { url } = await startPassthrough(test, {}, (response) => response.writeHead(status).end());
    expect((await fetch(url)).status).toBe(status);
  });

  it.for([
    '/api/instances/../admin',
    '/api/instances/..',
    '/api/instances/x/../../admin',
    '/api/instances/%2e%2e/admin',
    '/api/instances/%2E%2E%2Fadmin',
    '/api/instances/.%2e/admin',
    '/api/instances/%2fadmin',
    '/api/instances/..%2fadmin',
    '/api/instances/..%5cadmin',
    '/api/instances/..\\admin',
    '/api/instances\\..\\admin',
    '/api/instancesX',
    '/api/instances-admin/1',
    '/api//instances',
    '//evil.example/api/instances',
    '/%61pi/instances',
    '/x/../api/instances/../admin',
    'http://evil.example/api/instances/../admin',
  ])('lets no path out of its prefix: %s', async (target, test) => {
    const { seen, port } = await startPassthrough(test);
    const answer = await rawExchange(port, get(target));
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(seen).toEqual([]);
  });

  it.for([
    '/api/instances//evil.example/x',
    '/api/instances/@evil.example',
    '/api/instances/50%25',
    '/api/instances/x;y=..',
  ])('asks nobody but the engine, below the prefix: %s', async (target, test) => {
    const { seen, port } = await startPassthrough(test);
    expect(await rawExchange(port, get(target))).toMatch(/^HTTP\/1\.1 200 /);
    expect(seen.map((request) => request.target)).toEqual([`/base${target}`]);
  });

  it('keeps to itself what is between it and its own clients: credentials and hop-by-hop headers', async (test) => {
    const { seen, port } = await startPassthrough(test, { engineToken: 'engine-secret' });
    await rawExchange(
      port,
      get('/api/instances?token=hunter2&a=1&token=hunter2', [
        'Authorization: Bearer hunter2',
        'Cookie: token=hunter2',
        'Sec-WebSocket-Protocol: token, hunter2',
        'Proxy-Authorization: Basic hunter2',
        'TE: trailers',
        'Upgrade: h2c',
        'Keep-Alive: timeout=5',
        'X-Request-Id: kept',
      ]),
    );
    const [request] = seen;
    expect(request?.target).toBe('/base/api/instances?a=1');
    expect(request?.headers.authorization).toBe('Bearer engine-secret');
    expect(request?.headers['x-request-id']).toBe('kept');
    expect(JSON.stringify(request)).not.toContain('hunter2');
    for (const name of ['te', 'upgrade', 'proxy-authorization'])
      expect(request?.headers).not.toHaveProperty(name);
  });

  it('does not forward a header that Connection says is of this connection only', async (test) => {
    const { seen, port } = await startPassthrough(test);
    const headers = ['Host: localhost', 'Connection: close, If-Hop', 'If-Hop: 1', 'If-Kept: 1'];
    await rawExchange(port, ['GET /api/instances HTTP/1.1', ...headers, '', ''].join('\r\n'));
    expect(seen[0]?.headers).toMatchObject({ 'if-kept': '1' });
    expect(seen[0]?.headers).not.toHaveProperty('if-hop');
  });
});

const mebibyte = 1024 * 1024;

describe('Passthrough refuses', () => {
  it.for(['POST', 'PUT', 'PATCH', 'DELETE'])(
    'a method that changes something, where its sender may not: %s',
    async (method, test) => {
      const { seen, url } = await startPassthrough(test, {
        authorise: async (_request, unsafe) => (unsafe ? new Refusal('FORBIDDEN_ROLE') : anybody),
      });
      const response = await fetch(url, { method });
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: 'FORBIDDEN_ROLE' });
      for (const safe of ['GET', 'HEAD']) expect((await fetch(url, { method: safe })).status).toBe(200);
      expect(seen.map((request) => request.method)).toEqual(['GET', 'HEAD']);
    },
  );

  it('a request without a token, with how to bring one', async (test) => {
    const { seen, url } = await startPassthrough(test, {
      authorise: async () => new Refusal('UNAUTHENTICATED', { challenge: 'Bearer' }),
    });
    const response = await fetch(url);
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(seen).toEqual([]);
  });

  it('a body over 1 MiB with 413, announced or not, and takes one of 1 MiB', async (test) => {
    const { seen, port, url } = await startPassthrough(test);
    const head = 'POST /api/instances HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n';
    const announced = await rawExchange(port, `${head}Content-Length: ${mebibyte + 1}\r\n\r\n`);
    const chunk = `${(mebibyte + 1).toString(16)}\r\n${'x'.repeat(mebibyte + 1)}\r\n0\r\n\r\n`;
    const streamed = await rawExchange(port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}`);
    for (const answer of [announced, streamed]) {
      expect(answer).toMatch(/^HTTP\/1\.1 413 /);
      expect(answer).toContain('"code":"TOO_LARGE"');
    }
    expect(seen).toEqual([]);
    expect((await fetch(url, { method: 'POST', body: 'x'.repeat(mebibyte) })).status).toBe(200);
    expect(seen).toMatchObject([{ body: 'x'.repeat(mebibyte) }]);
  });

  it('with 502 where the engine is down, and logs no query', async (test) => {
    const { url, stopEngine, log } = await startPassthrough(test);
    await stopEngine();
    const response = await fetch(`${url}/1?token=hunter2&key=hunter2`);
    expect(response.status).toBe(502);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    expect(JSON.stringify(log.entries)).toContain('/api/instances/1');
    expect(JSON.stringify(log.entries)).not.toContain('hunter2');
  });
});

import { describe, expect, it } from 'vitest';
import { rawExchange } from '../support/raw-socket.ts';
import { startPassthrough } from './passthrough-set-up.ts';

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

import { describe, expect, it } from 'vitest';
import { Refusal } from '../../src/core/errors.ts';
import { rawExchange } from '../support/raw-socket.ts';
import { anybody, startPassthrough } from './passthrough-set-up.ts';

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

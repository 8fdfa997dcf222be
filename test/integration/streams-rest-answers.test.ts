import { describe, expect, it } from 'vitest';
import { startEngineServer } from '../source/engine-server.ts';
import { startGateway } from '../support/gateway.ts';
import { type TestScope, useIn } from '../support/wait.ts';

/** A gateway that asks its engine only when it is asked itself. */
async function setUp(test: TestScope) {
  const engine = await useIn(test, startEngineServer());
  const settings = { ENGINE_URL: engine.url, DIALECTS: 'streams' };
  const gateway = await useIn(test, startGateway({ engine: false, settings }));
  return { engine, gateway, ask: (path: string) => fetch(`${gateway.url}${path}`) };
}

describe('The REST twins of the streams, by what the engine answers,', () => {
  it('pass on what the engine refuses, and why, in its own words and to nobody else', async (test) => {
    const { engine, gateway, ask } = await setUp(test);
    for (const status of [400, 403, 404, 409, 429, 500, 503]) {
      engine.answerWith((_request, response) => {
        const headers = {
          'content-type': 'application/problem+json',
          'retry-after': '7',
          'set-cookie': 'a=b',
        };
        response.writeHead(status, headers).end('{"error":"message_not_found"}');
      });
      for (const path of ['/api/messages/nosuch', '/api/instances', '/api/messages']) {
        const answer = await ask(path);
        expect([answer.status, await answer.text()], path).toEqual([status, '{"error":"message_not_found"}']);
        expect(answer.headers.get('cache-control')).toBe('no-store');
        expect(answer.headers.get('content-type')).toBe('application/problem+json');
        expect(answer.headers.get('retry-after')).toBe('7');
        expect(answer.headers.get('set-cookie')).toBeNull();
      }
    }
    engine.answerWith((_request, response) =>
      response.writeHead(404, { 'content-type': 'text/html' }).end('<script>alert(1)</script>'),
    );
    const page = await ask('/api/messages/x');
    expect(page.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(gateway.log.entries.map(({ message }) => message)).not.toContain('engine not reached');
  });

  it('ask the engine for any id that an event may have, as one part of the path', async (test) => {
    const { engine, ask } = await setUp(test);
    for (const id of ['a+b/c==', 'msg@host#1', 'x'.repeat(256), 'ü?a=b&c', '50%', '..a', 'a b', '%2e%2e']) {
      const answer = await ask(`/api/messages/${encodeURIComponent(id)}`);
      expect(answer.status, id).toBe(200);
      expect(engine.requests.at(-1)?.url).toBe(`/api/messages/${encodeURIComponent(id)}`);
    }
  });

  it('follow no redirect, and say once in a while that the engine gave no answer', async (test) => {
    const { engine, gateway, ask } = await setUp(test);
    engine.answerWith((_request, response) =>
      response.writeHead(302, { location: 'http://127.0.0.1:9/secret' }).end(),
    );
    for (let count = 0; count < 5; count += 1) {
      const answer = await ask('/api/messages/some-secret-id');
      expect([answer.status, await answer.json()]).toEqual([
        502,
        expect.objectContaining({ detail: expect.stringContaining('redirects are not followed') }),
      ]);
    }
    expect(gateway.log.entries.filter(({ message }) => message === 'engine not reached')).toHaveLength(1);
    expect(JSON.stringify(gateway.log.entries)).not.toContain('secret');
  });
});

import { describe, expect, it } from 'vitest';
import { json, startEngineServer } from '../../source/engine-server.ts';
import { startGateway } from '../../support/gateway.ts';
import { type TestScope, useIn } from '../../support/wait.ts';

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
    for (const id of ['a+b/c==', 'msg@host#1', 'x'.repeat(256), 'ü?a=b&c', '50%', '..a', 'a b', '100%41']) {
      const answer = await ask(`/api/messages/${encodeURIComponent(id)}`);
      expect(answer.status, id).toBe(200);
      expect(engine.requests.at(-1)?.url).toBe(`/api/messages/${encodeURIComponent(id)}`);
    }
  });

  it('list messages whose ids and times are numbers, and pass a whole one on as it is', async (test) => {
    const { engine, ask } = await setUp(test);
    const message =
      '{"message_id":8389765489680951453,"from":7,"to":null,"status":"sent","timestamp":1764504000.25,' +
      '"created_at":"2026-11-30T12:00:00.123456+02:00","updated_at":"soon","payload":{"a":9007199254740993}}';
    const shown = {
      message_id: '8389765489680951453',
      ...{ from: '7', to: null, status: 'sent' },
      timestamp: '2025-11-30T12:00:00.25Z',
      created_at: '2026-11-30T10:00:00.123456Z',
      updated_at: 'soon',
    };
    engine.answerWith(json(`{"messages":[${message}],"count":1}`));
    expect(await (await ask('/api/messages')).json()).toEqual({ messages: [shown], count: 1 });
    engine.answerWith(json(`[${message}]`));
    expect(await (await ask('/api/messages')).json()).toEqual([shown]);
    engine.answerWith(json(message));
    expect(await (await ask('/api/messages/8389765489680951453')).text()).toBe(message);
    expect(engine.requests.at(-1)?.url).toBe('/api/messages/8389765489680951453');
    const instances = '[{"name":9007199254740993,"status":"running"}]';
    engine.answerWith(json(instances));
    expect(await (await ask('/api/instances')).text()).toBe(instances);
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
        expect.objectContaining({
          detail: expect.stringContaining('the engine redirects, which is not followed'),
        }),
      ]);
    }
    expect(gateway.log.entries.filter(({ message }) => message === 'engine not reached')).toHaveLength(1);
    expect(JSON.stringify(gateway.log.entries)).not.toContain('secret');
  });
});

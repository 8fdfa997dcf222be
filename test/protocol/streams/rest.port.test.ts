import { describe, expect, it } from 'vitest';
import { MemoryEvents } from '../../../src/source/events.ts';
import { json, startEngineServer } from '../../source/engine-server.ts';
import { startGateway } from '../../support/gateway.ts';
import { secretToken, testClaims, testSecret } from '../../support/tokens.ts';
import { type TestScope, useIn, waitFor } from '../../support/wait.ts';

async function setUp(test: TestScope, settings = {}, activity = 0) {
  const events = new MemoryEvents();
  const gateway = await useIn(
    test,
    startGateway({ events, engine: { activity, publish: events.publish }, settings }),
  );
  const engineUrl = (await gateway.engine.start()).url;
  return {
    gateway,
    ask: (path: string, headers = {}) => fetch(`${gateway.url}${path}`, { headers }),
    askEngine: async (path: string): Promise<string> => (await fetch(`${engineUrl}${path}`)).text(),
  };
}

describe('The REST twins of the streams', () => {
  it.for([
    '/api/instances',
    '/api/instances?include_archived=true',
    '/api/instances/agent-1/logs',
    '/api/instances/agent-1/logs?tail=3',
  ])("GET %s answers in the engine's own shape, with an entity tag", async (path, test) => {
    const { ask, askEngine } = await setUp(test);
    const answer = await ask(path);
    expect(await answer.text()).toBe(await askEngine(path));
    const tag = answer.headers.get('etag') ?? '';
    expect(answer.headers.get('content-type')).toBe('application/json');
    const again = await ask(path, { 'if-none-match': tag });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  it('give another tag when something has changed', async (test) => {
    const { ask, gateway } = await setUp(test);
    const tag = (await ask('/api/instances')).headers.get('etag') ?? '';
    gateway.engine.instances.stop('agent-1');
    const after = await ask('/api/instances', { 'if-none-match': tag });
    expect([after.status, after.headers.get('etag') === tag]).toEqual([200, false]);
  });

  it('list messages by filter, without what is private in them', async (test) => {
    const { ask, askEngine } = await setUp(test, {}, 40);
    const all = await waitFor('messages', async () => {
      const list = JSON.parse(await askEngine('/api/messages?limit=500')).messages;
      return list.length > 3 ? list : undefined;
    });
    const { correlation_id, from } = all.at(-1);
    const path = `/api/messages?instance=${from}&correlation_id=${correlation_id}&limit=500`;
    const { messages, count } = JSON.parse(await (await ask(path)).text());
    expect(count).toBe(messages.length);
    expect(messages.length).toBeGreaterThan(0);
    for (const message of messages) {
      expect(message).toMatchObject({ correlation_id });
      expect([message.from, message.to]).toContain(from);
      for (const key of ['payload', 'content', 'headers']) expect(message).not.toHaveProperty(key);
    }
  });

  it('say what they do not know, and lead nowhere else', async (test) => {
    const { ask } = await setUp(test, {}, 0);
    const missing = ['nobody/logs', '..%2fx/logs', 'a%2fb/logs', '%2e%2e%2f/logs'].map(
      (name) => `/api/instances/${name}`,
    );
    for (const path of missing) expect((await ask(path)).status, path).toBe(404);
    for (const id of ['..%2f..%2fhealth', 'a%2f..%2f..', '..%5cx', 'a%2f%2e', 'x'.repeat(257)]) {
      const answer = await ask(`/api/messages/${id}`);
      expect([answer.status, await answer.json()], id).toEqual([
        400,
        expect.objectContaining({ code: 'BAD_REQUEST', detail: expect.stringContaining('id: ') }),
      ]);
    }
    expect((await ask('/api/instances/agent-1/logs?tail=-1')).status).toBe(400);
    expect((await ask(`/api/instances?include_archived=${'x'.repeat(300)}`)).status).toBe(400);
  });

  it('answer 502 where the engine does not', async (test) => {
    const gateway = await useIn(test, startGateway({ engine: false }));
    for (const path of ['/api/instances', '/api/instances/a/logs', '/api/messages', '/api/messages/1']) {
      const answer = await fetch(`${gateway.url}${path}`);
      expect(answer.status, path).toBe(502);
      expect(await answer.json()).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    }
  });

  it('leave the figures of the engine alone, whatever is asked for', async (test) => {
    const { ask, gateway } = await setUp(test);
    const figures = async () => Object(await (await ask('/api/diagnostics/telemetry')).json());
    await waitFor('polls', async () => (await figures()).last_poll !== null);
    for (let count = 0; count < 30; count += 1)
      expect((await ask(`/api/messages/no-${count}`)).status).toBe(404);
    const leaving = new AbortController();
    const left = fetch(`${gateway.url}/api/instances`, { signal: leaving.signal });
    leaving.abort();
    await expect(left).rejects.toThrow();
    expect(await figures()).toMatchObject({ success_rate: 100 });
  });

  it('demand the token of the streams', async (test) => {
    const { ask } = await setUp(test, { AUTH_JWT_SECRET: testSecret, AUTH_DIALECTS: 'streams' });
    const authorization = `Bearer ${await secretToken(testClaims({ role: 'viewer' }))}`;
    for (const path of ['/api/instances', '/api/instances/agent-1/logs', '/api/messages']) {
      expect((await ask(path)).status, path).toBe(401);
      expect((await ask(path, { authorization })).status, path).toBe(200);
    }
    expect((await ask('/api/messages/1')).status).toBe(401);
  });

  it('stay what they are where the engine is forwarded, and lifecycle calls go through', async (test) => {
    const settings = { ENGINE_PASSTHROUGH: '/api/instances,/api/messages', ALLOW_COMMANDS: 'true' };
    const { ask, gateway } = await setUp(test, settings, 40);
    expect((await ask('/api/instances')).headers.get('etag')).toMatch(/^".+"$/);
    await waitFor('messages', async () => JSON.parse(await (await ask('/api/messages')).text()).count > 0);
    expect(await (await ask('/api/messages')).text()).not.toContain('payload');
    const stopped = await fetch(`${gateway.url}/api/instances/agent-1/stop`, { method: 'POST' });
    expect(await stopped.json()).toMatchObject({ name: 'agent-1', status: 'stopped' });
    expect((await ask('/api/instances/agent-1')).status).toBe(200);
  });

  it('let no lifecycle call through where nothing is forwarded', async (test) => {
    const { gateway } = await setUp(test);
    for (const path of ['/api/instances', '/api/instances/agent-1/stop', '/api/messages'])
      expect((await fetch(`${gateway.url}${path}`, { method: 'POST' })).status, path).toBe(404);
    expect(gateway.engine.instances.find('agent-1')?.status).toBe('running');
  });
});

/** A gateway that asks its engine only when it is asked itself. */
async function setUpAnswers(test: TestScope) {
  const engine = await useIn(test, startEngineServer());
  const settings = { ENGINE_URL: engine.url, DIALECTS: 'streams' };
  const gateway = await useIn(test, startGateway({ engine: false, settings }));
  return { engine, gateway, ask: (path: string) => fetch(`${gateway.url}${path}`) };
}

describe('The REST twins of the streams, by what the engine answers,', () => {
  it('pass on what the engine refuses, and why, in its own words and to nobody else', async (test) => {
    const { engine, gateway, ask } = await setUpAnswers(test);
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
    const { engine, ask } = await setUpAnswers(test);
    for (const id of ['a+b/c==', 'msg@host#1', 'x'.repeat(256), 'ü?a=b&c', '50%', '..a', 'a b', '100%41']) {
      const answer = await ask(`/api/messages/${encodeURIComponent(id)}`);
      expect(answer.status, id).toBe(200);
      expect(engine.requests.at(-1)?.url).toBe(`/api/messages/${encodeURIComponent(id)}`);
    }
  });

  it('list messages whose ids and times are numbers, and pass a whole one on as it is', async (test) => {
    const { engine, ask } = await setUpAnswers(test);
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
    const { engine, gateway, ask } = await setUpAnswers(test);
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

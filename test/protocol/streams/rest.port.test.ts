import { describe, expect, it } from 'vitest';
import { MemoryEvents } from '../../../src/source/events.ts';
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
    await waitFor('polls', async () => (await figures()).last_update !== null);
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

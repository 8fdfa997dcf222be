import { describe, expect, it } from 'vitest';
import { connectClient, refusalOf } from '../../support/client.ts';
import { startGateway } from '../../support/gateway.ts';
import { secretToken, testClaims, testSecret } from '../../support/tokens.ts';
import { type TestScope, useIn } from '../../support/wait.ts';

const event = { type: 'log', data: { level: 'info', message: 'from an agent' } };
const json = { 'content-type': 'application/json' };

async function setUp(test: TestScope, settings: Record<string, string>) {
  const gateway = await useIn(test, startGateway({ engine: false, settings }));
  return {
    gateway,
    url: `${gateway.wsUrl}/ws/diagnostics`,
    post: (body: string | object, headers: Record<string, string> = {}) =>
      fetch(`${gateway.url}/api/diagnostics/events`, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { ...json, ...headers },
      }),
  };
}

describe('POST /api/diagnostics/events', () => {
  it('is open to nobody without auth, unless ALLOW_INGEST says so', async (test) => {
    const { post } = await setUp(test, {});
    const refused = await post(event);
    expect([refused.status, await refused.json()]).toEqual([
      403,
      expect.objectContaining({ code: 'INGEST_DISABLED', detail: expect.stringContaining('ALLOW_INGEST') }),
    ]);
    const open = await setUp(test, { ALLOW_INGEST: 'true' });
    const client = await useIn(test, connectClient(open.url));
    expect((await open.post(event)).status).toBe(202);
    expect((await client.next(({ data }) => data.message === 'from an agent')).type).toBe('log');
  });

  it.for([
    ['{', 400, 'not valid JSON'],
    ['', 400, 'not valid JSON'],
    ['[]', 400, 'body: '],
    [{ type: 'graph' }, 400, 'type: '],
    [{ type: 'log', data: { level: 'loud', message: 'x' } }, 400, 'data.level: '],
    [
      { type: 'persona_entry', data: { entry_type: 'goal', content: 'x', confidence: 2 } },
      400,
      'data.confidence: ',
    ],
    ['{"type":"log","data":{"level":"info","message":"x","a":NaN}}', 400, 'data.a: not a finite number'],
    ['{"type":"log","data":{"__proto__":{}}}', 400, '__proto__'],
    [`{"type":"log","padding":"${'x'.repeat(65_536)}"}`, 413, '65536 bytes'],
  ] as const)('refuses %j with %i, naming %j', async ([body, status, detail], test) => {
    const { post } = await setUp(test, { ALLOW_INGEST: 'true' });
    const answer = await post(body);
    expect([answer.status, await answer.json()]).toEqual([
      status,
      expect.objectContaining({ detail: expect.stringContaining(detail) }),
    ]);
  });

  it('takes JSON that says it is, and nothing that a form could send', async (test) => {
    const { post } = await setUp(test, { ALLOW_INGEST: 'true' });
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/jsonp',
    ]) {
      const refused = await post(event, { 'content-type': type });
      expect([refused.status, await refused.json()], type).toEqual([
        415,
        expect.objectContaining({ code: 'UNSUPPORTED_MEDIA_TYPE' }),
      ]);
    }
    expect((await post(event, { 'content-type': 'application/json; charset=utf-8' })).status).toBe(202);
  });

  it.for(['telemetry,diagnostics', 'telemetry'])(
    'goes by the role where auth is on, whoever may look: AUTH_DIALECTS=%s',
    async (demanding, test) => {
      const settings = { AUTH_JWT_SECRET: testSecret, AUTH_DIALECTS: demanding, ALLOW_INGEST: 'true' };
      const { post } = await setUp(test, settings);
      const status = async (claims: object): Promise<number> => {
        const token = await secretToken(testClaims({ ...claims }));
        return (await post(event, { authorization: `Bearer ${token}` })).status;
      };
      expect((await post(event)).status).toBe(401);
      expect(await status({ exp: 1 })).toBe(401);
      for (const role of ['viewer', undefined, 'admin']) expect(await status({ role }), role).toBe(403);
      for (const role of ['operator', 'agent']) expect(await status({ role }), role).toBe(202);
    },
  );
});

describe('Looking at diagnostics with auth on', () => {
  const paths = ['telemetry', 'logs', 'connections'].map((name) => `/api/diagnostics/${name}`);

  it('is for viewers and operators', async (test) => {
    const { gateway, url } = await setUp(test, { AUTH_JWT_SECRET: testSecret });
    expect((await refusalOf(url)).status).toBe(401);
    for (const path of paths) expect((await fetch(gateway.url + path)).status, path).toBe(401);
    for (const [role, status] of [
      ['viewer', 200],
      ['operator', 200],
      ['agent', 403],
    ] as const) {
      const headers = { authorization: `Bearer ${await secretToken(testClaims({ role }))}` };
      for (const path of paths)
        expect((await fetch(gateway.url + path, { headers })).status, role).toBe(status);
      if (status === 403) expect((await refusalOf(url, { headers })).status).toBe(403);
      else await (await useIn(test, connectClient(url, { headers }))).nextOf('logs');
    }
  });

  it('shows no command of an operator', async (test) => {
    const { gateway, url } = await setUp(test, { ALLOW_COMMANDS: 'true' });
    const viewer = await useIn(test, connectClient(url));
    const operator = await useIn(test, connectClient(gateway.wsUrl));
    operator.send({ type: 'HALT', reason: 'a reason' });
    await operator.next(({ type }) => type === 'ERROR' || type === 'ACK');
    viewer.send({ type: 'refresh' });
    await viewer.nextOf('logs');
    await viewer.nextOf('logs');
    expect(gateway.log.entries.some(({ fields }) => fields.audit === true)).toBe(true);
    expect(JSON.stringify(viewer.packets)).not.toMatch(/operator command|HALT|a reason/);
  });
});

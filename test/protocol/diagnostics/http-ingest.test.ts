import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../src/core/json.ts';
import type { Router } from '../../../src/http/router.ts';
import { serveDiagnosticsApi } from '../../../src/protocol/diagnostics/http-api.ts';
import { eventKinds } from '../../../src/protocol/diagnostics/schema.ts';
import { serveHttp } from '../../../src/serve/http.ts';
import { setUpAccess, viewing } from '../../support/access.ts';
import { examples, setUpDiagnostics } from './set-up.ts';

describe('The body of a POST', () => {
  it.each(eventKinds)('is taken where its event is good: %s', (type) => {
    const { connect, intake } = setUpDiagnostics();
    const client = connect();
    expect(intake.onBody(Buffer.from(JSON.stringify({ type, data: examples[type] })))).toBeUndefined();
    expect(client.types()).toEqual(['telemetry', 'logs', type === 'llm' ? 'telemetry' : type]);
  });

  it.each([
    [{ type: 'graph', data: {} }, 'type: '],
    [{ data: {} }, 'type: '],
    [{ type: 'log' }, 'data: '],
    [{ type: 'log', data: 'x' }, 'data: '],
    [{ type: 'log', data: { level: 'info' } }, 'data.message: '],
    [{ type: 'llm', data: {} }, 'data: expected at least one of'],
    [[], 'body: '],
  ])('is refused with the field at fault: %j', (body, fault) => {
    const { intake, refused } = setUpDiagnostics();
    const refusal = intake.onBody(Buffer.from(JSON.stringify(body)));
    expect(refusal?.reason).toBe('shape');
    expect(refusal?.detail).toContain(fault);
    expect(refused('shape', 'ingest')).toBe(1);
  });

  it('is refused unread where it is too large, or says that it is no JSON: counted and logged', () => {
    const { intake, refused, written } = setUpDiagnostics();
    expect(intake.onPost('text/plain')?.reason).toBe('media_type');
    expect(intake.onPost('application/json; charset=utf-8')).toBeUndefined();
    expect(intake.onBody('too_large')?.reason).toBe('too_large');
    expect([refused('media_type', 'ingest'), refused('too_large', 'ingest')]).toEqual([1, 1]);
    expect(written.entries.map(({ message, fields }) => [message, fields.reason])).toEqual([
      ['diagnostics event refused', 'media_type'],
      ['diagnostics event refused', 'too_large'],
    ]);
  });

  it('is taken 100 times a second and 200 times at once, and then refused for as long as that takes', () => {
    const { intake, clock, refused } = setUpDiagnostics();
    const post = () => intake.onPost('application/json');
    for (let count = 0; count < 200; count += 1) expect(post()).toBeUndefined();
    expect(post()).toMatchObject({ reason: 'rate', retryAfterS: 1 });
    expect(refused('rate', 'ingest')).toBe(1);
    for (let second = 0; second < 3; second += 1) {
      clock.advance(1000);
      let taken = 0;
      while (post() === undefined) taken += 1;
      expect(taken).toBe(100);
    }
  });
});

/** `POST /api/diagnostics/events`, open to everybody, at a time that the test moves. */
function setUp() {
  const subject = setUpDiagnostics();
  const router: Router = new Hono();
  const { access } = setUpAccess({ allowIngest: true });
  const parts = { router, access, inPlaceOfEngine: [], slowAfterMs: 30_000 };
  serveDiagnosticsApi({
    ...subject,
    serve: { http: (method, path, route) => serveHttp(method, path, route, parts) },
    viewing,
    ingesting: access.policies.ingesting,
  });
  const send = async (name: string, body: JsonValue, type = 'application/json') =>
    await router.request(`/api/diagnostics/${name}`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: JSON.stringify(body),
    });
  const post = (type?: string) => send('events', { type: 'log', data: examples.log }, type);
  return { ...subject, send, post };
}

describe('POST /api/diagnostics/llm', () => {
  it("takes an llm event's data", async () => {
    const { connect, send } = setUp();
    const client = connect();
    expect((await send('llm', examples.llm)).status).toBe(202);
    expect(client.last()).toMatchObject({ type: 'telemetry', data: examples.llm });
  });

  it.each([
    [{ llm_latency_ms: -1 }, 'llm_latency_ms: '],
    [{}, 'body: expected at least one of'],
    [{ type: 'llm', data: examples.llm }, 'body: expected at least one of'],
    [[], 'body: '],
  ])('refuses %j with the field at fault', async (body, fault) => {
    const { send, refused } = setUp();
    const answer = await send('llm', body);
    expect([answer.status, await answer.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'BAD_REQUEST', detail: expect.stringContaining(fault) }),
    ]);
    expect(refused('shape', 'ingest')).toBe(1);
  });

  it('has the bounds of the other', async () => {
    const { send, post } = setUp();
    expect((await send('llm', examples.llm, 'text/plain')).status).toBe(415);
    expect((await send('llm', { padding: 'x'.repeat(70_000) })).status).toBe(413);
    for (let count = 0; count < 99; count += 1) await post();
    for (let count = 0; count < 99; count += 1) await send('llm', examples.llm);
    expect((await send('llm', examples.llm)).status).toBe(429);
  });
});

describe('POST /api/diagnostics/events, of too many at once,', () => {
  it('takes 200, and says of the others when to come again', async () => {
    const { post, refused, clock, logBook } = setUp();
    const before = logBook.seq;
    for (let count = 0; count < 200; count += 1) expect((await post()).status).toBe(202);
    const answer = await post();
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await answer.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS', detail: expect.any(String) });
    expect(refused('rate', 'ingest')).toBe(1);
    // The refusal is a record of the gateway's own.
    expect(logBook.seq - before).toBe(201);
    clock.advance(1000);
    expect((await post()).status).toBe(202);
  });

  it('counts those among them that it would not take', async () => {
    const { post, refused } = setUp();
    for (let count = 0; count < 200; count += 1) expect((await post('text/plain')).status).toBe(415);
    expect((await post()).status).toBe(429);
    expect([refused('media_type', 'ingest'), refused('rate', 'ingest')]).toEqual([200, 1]);
  });
});

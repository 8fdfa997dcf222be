import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import type { Router } from '../../../src/http/router.ts';
import { serveDiagnosticsApi } from '../../../src/protocol/diagnostics/http-api.ts';
import { serveHttp } from '../../../src/serve/http.ts';
import { setUpAccess, viewing } from '../../support/access.ts';
import { examples, setUpDiagnostics } from './set-up.ts';

/** `POST /api/diagnostics/events`, open to everybody, at a time that the test moves. */
function setUp() {
  const subject = setUpDiagnostics();
  const router: Router = new Hono();
  const { access } = setUpAccess({ allowIngest: true });
  const parts = { router, access, inPlaceOfEngine: new Map(), slowAfterMs: 30_000 };
  serveDiagnosticsApi({
    ...subject,
    serve: { http: (method, path, route) => serveHttp(method, path, route, parts) },
    viewing,
    ingesting: access.policies.ingesting,
  });
  const post = async (type = 'application/json') =>
    await router.request('/api/diagnostics/events', {
      method: 'POST',
      headers: { 'content-type': type },
      body: JSON.stringify({ type: 'log', data: examples.log }),
    });
  return { ...subject, post };
}

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

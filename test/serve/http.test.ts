import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Refusal } from '../../src/core/errors.ts';
import type { Router } from '../../src/http/router.ts';
import { type HttpRoute, type InPlaceOfEngine, serveHttp } from '../../src/serve/http.ts';
import { setUpAccess, verifierOf, viewing } from '../support/access.ts';

/** A route at `/things/:name`, answered with what it was asked. */
function setUp(route: Partial<HttpRoute> = {}, method: 'get' | 'post' = 'get') {
  const router: Router = new Hono();
  const { access } = setUpAccess({ verifier: verifierOf({ role: 'viewer' }) });
  const inPlaceOfEngine: InPlaceOfEngine[] = [];
  const whole: HttpRoute = {
    access: { ...viewing, tokenless: new Refusal('UNAUTHENTICATED') },
    answer: ({ query, params, principal }) => Response.json({ query, params, role: principal.role }),
    ...route,
  };
  serveHttp(method, '/things/:name', whole, { router, access, inPlaceOfEngine, slowAfterMs: 1000 });
  return {
    inPlaceOfEngine,
    async ask(path: string, { token = true, method: how = method.toUpperCase() } = {}) {
      const headers: Record<string, string> = token ? { authorization: 'Bearer t' } : {};
      const response = await router.request(path, { method: how, headers });
      const { status, headers: answered } = response;
      const [allow, ignored] = [answered.get('allow'), answered.get('x-ignored-options')];
      return { status, allow, ignored, body: await response.json() };
    },
  };
}

describe('A route', () => {
  it('is answered with the query as its schema gives it, and with what stands in the path', async () => {
    const { ask } = setUp({ query: z.object({ size: z.coerce.number() }) });
    expect(await ask('/things/a%20b?size=7&more=1')).toMatchObject({
      status: 200,
      body: { query: { size: 7 }, params: { name: 'a b' }, role: 'viewer' },
    });
  });

  it('looks at the path, then at the token, then at the query', async () => {
    const { ask } = setUp({
      pathFault: ({ name }) => (name === 'good' ? undefined : new Refusal('NOT_FOUND')),
      query: z.object({ size: z.enum(['s', 'l']) }),
    });
    expect((await ask('/things/bad?size=m', { token: false })).status).toBe(404);
    expect((await ask('/things/good?size=m', { token: false })).status).toBe(401);
    expect(await ask('/things/good?size=m')).toMatchObject({ status: 400, body: { code: 'BAD_OPTION' } });
  });

  it('lists what it ignores of a query, also where it takes none', async () => {
    const { ask } = setUp();
    expect(await ask('/things/a?_=1&size=m')).toMatchObject({ status: 200, ignored: '_,size' });
    expect(await ask('/things/a?tokens=1')).toMatchObject({ status: 400, body: { code: 'BAD_OPTION' } });
    expect(await ask('/things/a')).toMatchObject({ status: 200, ignored: null });
  });

  it('that changes something does not fail for a name in its query', async () => {
    const { ask } = setUp({}, 'post');
    expect(await ask('/things/a?tokens=1')).toMatchObject({ status: 200, ignored: null });
  });

  it('words the fault of a query as it likes', async () => {
    const queryFault = () => new Refusal('BAD_OPTION', { detail: 'size: s or l' });
    const { ask } = setUp({ query: z.object({ size: z.enum(['s', 'l']) }), queryFault });
    expect((await ask('/things/a?size=m')).body).toMatchObject({ detail: 'size: s or l' });
  });

  it('says of every refusal what it has done of what was to be changed', async () => {
    const { ask } = setUp({ effect: 'none', answer: () => new Refusal('STALE') }, 'post');
    expect((await ask('/things/a', { token: false })).body).toMatchObject({ effect: 'none' });
    expect(await ask('/things/a')).toMatchObject({ status: 409, body: { code: 'STALE', effect: 'none' } });
  });

  it('that stands in place of the engine answers other methods, before it asks who it is', async () => {
    const { ask, inPlaceOfEngine } = setUp({ inPlaceOf: '/engine/things' }, 'post');
    expect(await ask('/things/a', { method: 'GET', token: false })).toMatchObject({
      status: 405,
      allow: 'POST',
    });
    expect(inPlaceOfEngine).toMatchObject([{ engines: '/engine/things', path: '/things/:name' }]);
  });
});

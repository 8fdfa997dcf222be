import { describe, expect, it } from 'vitest';
import { routerFor } from './http-set-up.ts';

const dashboard = 'https://dash.example.com';
const from = (origin: string): RequestInit => ({ headers: { origin } });

describe('Router', () => {
  it.each(['/nowhere', '/livez//', '//livez', '//', '/LIVEZ', '/livez/x', '/..%2flivez', '/%00'])(
    'answers 404 at %s',
    async (path) => {
      const response = await routerFor().router.request(path);
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(await response.json()).toMatchObject({ status: 404, code: 'NOT_FOUND', type: 'about:blank' });
    },
  );

  it('leaves the query out of what it says', async () => {
    const response = await routerFor().router.request('/nowhere?token=hunter2');
    expect(await response.text()).not.toContain('hunter2');
  });

  it('answers 404 to a method that a path does not have', async () => {
    expect((await routerFor().router.request('/livez', { method: 'POST' })).status).toBe(404);
    expect((await routerFor().router.request('/livez', { method: 'HEAD' })).status).toBe(200);
  });

  it('tells a plain request to a WebSocket path which protocol it takes', async () => {
    const response = await routerFor().router.request('/ws/stream');
    expect(response.status).toBe(426);
    expect(await response.json()).toMatchObject({ code: 'UPGRADE_REQUIRED' });
    // RFC 9110 §15.5.22: a 426 must name it in this field.
    expect(response.headers.get('upgrade')).toBe('websocket');
  });

  it('answers 500 without a word of what failed, and logs it without the query', async () => {
    const { router, log } = routerFor();
    router.get('/boom', () => {
      throw new Error('hunter2');
    });
    const response = await router.request('/boom?token=secret');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('hunter2');
    expect(log.entries).toMatchObject([
      { level: 'error', message: 'request failed', fields: { method: 'GET', path: '/boom' } },
    ]);
    expect(JSON.stringify(log.entries)).not.toContain('secret');
  });
});

describe('Router and origins', () => {
  it('lets every origin read with *, and keeps caches from mixing answers', async () => {
    const response = await routerFor().router.request('/livez', from('https://any.example'));
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://any.example');
    expect(response.headers.get('vary')?.toLowerCase()).toContain('origin');
    expect(response.headers.get('access-control-expose-headers')).toContain('ETag');
    expect(response.headers.has('access-control-allow-credentials')).toBe(false);
  });

  it('lets a listed origin read, and errors too', async () => {
    const { router } = routerFor([dashboard]);
    for (const path of ['/livez', '/nowhere']) {
      const response = await router.request(path, from(dashboard));
      expect(response.headers.get('access-control-allow-origin')).toBe(dashboard);
    }
  });

  it.each(['https://evil.example', 'null', 'http://dash.example.com', `${dashboard}.evil.example`])(
    'answers 403 to %s, on every path and method',
    async (origin) => {
      const { router } = routerFor([dashboard]);
      for (const path of ['/livez', '/nowhere', '/ws/stream']) {
        for (const method of ['GET', 'POST', 'OPTIONS']) {
          const response = await router.request(path, { ...from(origin), method });
          expect(response.status).toBe(403);
          expect(response.headers.has('access-control-allow-origin')).toBe(false);
          expect(await response.json()).toMatchObject({ code: 'ORIGIN_REFUSED' });
        }
      }
    },
  );

  it('lets a program without an origin through', async () => {
    const response = await routerFor([dashboard]).router.request('/livez');
    expect(response.status).toBe(200);
    expect(response.headers.has('access-control-allow-origin')).toBe(false);
  });

  it('answers a preflight request of a listed origin', async () => {
    const response = await routerFor([dashboard]).router.request('/livez', {
      method: 'OPTIONS',
      headers: { origin: dashboard, 'access-control-request-method': 'GET' },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(dashboard);
    expect(response.headers.get('access-control-allow-methods')).toContain('GET');
  });
});

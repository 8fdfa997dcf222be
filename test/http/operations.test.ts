import { describe, expect, it } from 'vitest';
import { Refusal } from '../../src/core/errors.ts';
import { addOperationsRoutes, type Operations, type OperationsAccess } from '../../src/http/operations.ts';
import { routerFor } from './http-set-up.ts';

function ask(path: string, operations: Partial<Operations> = {}, access: Partial<OperationsAccess> = {}) {
  const { router } = routerFor();
  addOperationsRoutes(
    router,
    {
      health: () => ({ status: 'degraded' }),
      readiness: () => ({ ready: true, missing: [] }),
      metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'bff_clients 0\n' }),
      clients: (limit) => [{ id: 'one', limit }],
      ...operations,
    },
    { metrics: async () => undefined, clients: async () => undefined, ...access },
  );
  return router.request(path);
}

describe('Operations routes', () => {
  it('say that the process is alive', async () => {
    const response = await ask('/livez');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'alive' });
  });

  it('say what is missing with 503, and nothing with 200', async () => {
    const missing = ['state: no good answer yet (ECONNREFUSED)'];
    const waiting = await ask('/readyz', { readiness: () => ({ ready: false, missing }) });
    expect(waiting.status).toBe(503);
    expect(await waiting.json()).toEqual({ ready: false, missing });
    expect((await ask('/readyz')).status).toBe(200);
  });

  it('answer 200 with the health of the gateway, also where it is degraded', async () => {
    const response = await ask('/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'degraded' });
  });

  it('give the metrics in their own format', async () => {
    const response = await ask('/metrics');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(await response.text()).toBe('bff_clients 0\n');
  });

  it('give the metrics to nobody who may not read them, and the rest to everyone', async () => {
    const access: Partial<OperationsAccess> = {
      metrics: async () => new Refusal('UNAUTHENTICATED', { challenge: 'Bearer' }),
    };
    const refused = await ask('/metrics', {}, access);
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer');
    expect(await refused.text()).not.toContain('bff_clients');
    for (const path of ['/livez', '/readyz', '/health'])
      expect((await ask(path, {}, access)).status).toBe(200);
  });

  it('answer 500 where the metrics cannot be had', async () => {
    const response = await ask('/metrics', {
      metrics: async () => {
        throw new Error('hunter2');
      },
    });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('hunter2');
  });

  it('give no metrics where they are served on another port', async () => {
    expect((await ask('/metrics', {}, { metrics: undefined })).status).toBe(404);
  });

  it.each([
    ['/api/clients', 200, [{ id: 'one', limit: 1000 }]],
    ['/api/clients?limit=7', 200, [{ id: 'one', limit: 7 }]],
    ['/api/clients?limit=0', 400, { code: 'BAD_OPTION' }],
    ['/api/clients?limit=1001', 400, { code: 'BAD_OPTION' }],
    ['/api/clients?limit=x', 400, { code: 'BAD_OPTION' }],
  ])('say who is connected: %s answers %i', async (path, status, body) => {
    const response = await ask(path);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject(body);
  });

  it('say it to nobody who may not know', async () => {
    const clients = async () => new Refusal('FORBIDDEN_ROLE');
    expect((await ask('/api/clients', {}, { clients })).status).toBe(403);
  });
});

import { describe, expect, it } from 'vitest';
import { addOperationsRoutes, type OperationsOptions } from '../../src/http/operations.ts';
import { routerFor } from './http-set-up.ts';

function ask(path: string, options: Partial<OperationsOptions> = {}) {
  const { router } = routerFor();
  addOperationsRoutes(router, {
    health: () => ({ status: 'degraded' }),
    readiness: () => ({ ready: true, missing: [] }),
    authoriseMetrics: async () => ({ ok: true }),
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'bff_clients 0\n' }),
    ...options,
  });
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
    const options: Partial<OperationsOptions> = {
      authoriseMetrics: async () => ({ ok: false, code: 'UNAUTHENTICATED', challenge: 'Bearer' }),
    };
    const refused = await ask('/metrics', options);
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer');
    expect(await refused.text()).not.toContain('bff_clients');
    for (const path of ['/livez', '/readyz', '/health']) expect((await ask(path, options)).status).toBe(200);
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
});

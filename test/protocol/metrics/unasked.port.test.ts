import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startGateway } from '../../support/gateway.ts';
import { stateOf } from '../../support/symbol-engine.ts';
import { type TestScope, useIn, waitFor } from '../../support/wait.ts';

/** An engine of before there were metrics, and a gateway in front of it that has polled it some times. */
async function setUp(test: TestScope) {
  const requested: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://engine');
    requested.push(pathname);
    const isKnown = pathname.startsWith('/api/system/');
    const answer = pathname.endsWith('/state/current')
      ? { ...stateOf('SPY', 500), timestamp: new Date().toISOString() }
      : {};
    response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  test.onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const settings = { ENGINE_URL: `http://127.0.0.1:${port}` };
  const gateway = await useIn(test, startGateway({ engine: false, settings }));
  const health = async (): Promise<{ status: string; sources: object }> =>
    (await fetch(`${gateway.url}/health`)).json();
  await waitFor('its sources', async () => (await health()).status === 'ok');
  const polls = () => requested.filter((path) => path === '/api/system/state/current').length;
  await waitFor('further polls', () => polls() >= 3);
  return {
    gateway,
    health,
    forMetrics: () => requested.filter((path) => path.includes('/metrics/overview')),
  };
}

describe('An engine without metrics', () => {
  it('is neither asked for them nor called failing while nobody watches any', async (test) => {
    const { gateway, health, forMetrics } = await setUp(test);
    expect(forMetrics()).toEqual([]);
    expect(await health()).toMatchObject({ status: 'ok' });
    expect(Object.keys((await health()).sources).toSorted()).toEqual(['agents', 'models', 'state']);
    expect(gateway.log.entries.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  });

  it('is no reason to call the gateway degraded where somebody asked in vain', async (test) => {
    const { gateway, health, forMetrics } = await setUp(test);
    const answer = await fetch(`${gateway.url}/api/metrics/overview`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ detail: expect.stringMatching(/404/) });
    expect(forMetrics().length).toBeGreaterThan(0);
    expect(await health()).toMatchObject({ status: 'ok' });
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    const told = await (await fetch(`${gateway.url}/api/telemetry`)).json();
    expect(Object.keys(told.sources).toSorted()).toEqual(['agents', 'models', 'state']);
  });
});

import { describe, expect, it } from 'vitest';
import { connectClient } from '../support/client.ts';
import { freePort } from '../support/free-port.ts';
import { startGateway } from '../support/gateway.ts';
import { handshake, rawExchange } from '../support/raw-socket.ts';
import { useIn, waitFor } from '../support/wait.ts';

const still = { settings: { POLL_CRON: '0 0 * * * *' }, engine: { stepMs: 3_600_000 } };

async function allFresh(url: string): Promise<void> {
  await waitFor('fresh sources', async () => {
    const health: unknown = await (await fetch(`${url}/health`)).json();
    return JSON.stringify(health).includes('"status":"ok"');
  });
}

describe('HTTP on the port of the clients', () => {
  it('answers /livez whatever the engine does', async (test) => {
    const gateway = await useIn(test, startGateway({ engine: false }));
    const answer = await fetch(`${gateway.url}/livez`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'alive' }]);
  });

  it('is ready once the state was polled, and until then names what is missing', async (test) => {
    const gateway = await useIn(test, startGateway({ engine: { stepMs: 3_600_000 }, settings: {} }));
    const broken = await useIn(test, startGateway({ engine: false }));
    const answer = await waitFor('the reason', async () => {
      const response = await fetch(`${broken.url}/readyz`);
      expect(response.status).toBe(503);
      const body: unknown = await response.json();
      return JSON.stringify(body).includes('ECONNREFUSED') && body;
    });
    expect(answer).toEqual({
      ready: false,
      missing: ['state: no good answer yet (connection refused (ECONNREFUSED))'],
    });
    await waitFor('readiness', async () => (await fetch(`${gateway.url}/readyz`)).status === 200);
    gateway.engine.faults.apply({ kind: 'offline' });
    const state = { source: 'state', reason: 'offline' };
    await waitFor(
      'a failed poll',
      async () => (await gateway.metrics()).value('bff_source_failures_total', state) > 0,
    );
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  });

  it('shows version, uptime, clients and sources at /health', async (test) => {
    const gateway = await useIn(test, startGateway(still));
    await useIn(test, connectClient(gateway.wsUrl));
    await allFresh(gateway.url);
    expect(await (await fetch(`${gateway.url}/health`)).json()).toEqual({
      status: 'ok',
      service: 'telemetry-bff',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      uptime_s: expect.any(Number),
      clients: 1,
      sources: {
        state: { status: 'fresh', since: expect.any(String) },
        agents: { status: 'fresh', since: expect.any(String) },
        models: { status: 'fresh', since: expect.any(String) },
      },
    });
  });

  it('counts clients and packets at /metrics', async (test) => {
    const gateway = await useIn(test, startGateway(still));
    const clients = [await connectClient(gateway.wsUrl), await connectClient(gateway.wsUrl)];
    const [one] = clients;
    await allFresh(gateway.url);
    const metrics = await gateway.metrics();
    expect(metrics.value('bff_clients', { dialect: 'telemetry' })).toBe(2);
    expect(metrics.value('bff_packets_total', { type: 'WELCOME' })).toBe(2);
    expect(metrics.value('bff_source_up')).toBe(3);
    expect(metrics.value('process_cpu_seconds_total')).toBeGreaterThan(0);
    await one?.stop();
    await waitFor('one client', async () => (await gateway.metrics()).value('bff_clients') === 1);
    await clients[1]?.stop();
  });

  it('gives the document with an ETag, and 304 to who holds it', async (test) => {
    const gateway = await useIn(test, startGateway(still));
    await allFresh(gateway.url);
    const client = await useIn(test, connectClient(gateway.wsUrl));
    const welcome = await client.next();
    const first = await fetch(`${gateway.url}/api/telemetry`);
    expect(await first.json()).toEqual(welcome.data);
    const etag = first.headers.get('etag') ?? '';
    // Compressed, since this client takes that.
    const strong = `"${String(welcome.body.epoch)}-${welcome.seq}"`;
    expect(etag).toBe(`W/${strong}`);
    for (const [list, held] of [
      [etag, etag],
      [strong, strong],
      [`"other", ${etag}`, etag],
      ['*', strong],
    ] as const) {
      const again = await fetch(`${gateway.url}/api/telemetry`, { headers: { 'if-none-match': list } });
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', held]);
    }
    const other = await fetch(`${gateway.url}/api/telemetry`, { headers: { 'if-none-match': '"other"' } });
    expect(other.status).toBe(200);
  });

  it('answers an unknown path with a 404 in JSON', async (test) => {
    const gateway = await useIn(test, startGateway({ engine: false }));
    for (const path of ['/nothing', '/api', '/api/telemetry//', '/%00', '/../etc/passwd']) {
      const answer = await fetch(`${gateway.url}${path}`);
      expect(answer.headers.get('content-type')).toContain('json');
      expect(await answer.json()).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    }
    const post = await fetch(`${gateway.url}/api/telemetry`, { method: 'POST', body: '{}' });
    expect(post.status).toBe(404);
  });

  it('tells a plain request to a WebSocket path to upgrade', async (test) => {
    const gateway = await useIn(test, startGateway({ engine: false }));
    const answer = await fetch(`${gateway.url}/ws/stream`);
    expect([answer.status, (await answer.json()) as unknown]).toEqual([
      426,
      expect.objectContaining({ code: 'UPGRADE_REQUIRED' }),
    ]);
  });
});

describe.concurrent('EXTRA_PORTS', () => {
  it('serve the same clients, requests and limits, and end with the gateway', async (test) => {
    const extra = await freePort();
    const gateway = await useIn(
      test,
      startGateway({ engine: false, settings: { EXTRA_PORTS: `${extra}`, MAX_CONNECTIONS: '2' } }),
    );
    const [main, other] = [gateway.wsUrl, `ws://127.0.0.1:${extra}`];
    const clients = [
      await useIn(test, connectClient(main)),
      await useIn(test, connectClient(`${other}/ws/stream`)),
    ];
    const [one, two] = await Promise.all(clients.map((client) => client.nextOf('WELCOME')));
    expect(two?.body.epoch).toBe(one?.body.epoch);
    expect(await rawExchange(extra, handshake('/'))).toMatch(/^HTTP\/1\.1 503 /);
    expect((await fetch(`http://127.0.0.1:${extra}/health`)).status).toBe(200);
    await gateway.stop();
    for (const client of clients) expect((await client.closed).code).toBe(1001);
    await expect(connectClient(other)).rejects.toThrow();
  });
});

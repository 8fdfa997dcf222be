import { describe, expect, it } from 'vitest';
import { connectClient, refusalOf } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { handshake, rawExchange } from '../support/raw-socket.ts';
import { useIn, waitFor } from '../support/wait.ts';

const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

describe('Admission', () => {
  it('refuses other origins with 403, upgrades and requests alike', async (test) => {
    const settings = { ALLOWED_ORIGINS: 'https://dash.example.com,http://localhost:5173' };
    const gateway = await useIn(test, startGateway({ settings, engine: false }));
    for (const origin of ['https://evil.example.com', 'https://dash.example.com.evil.com', 'null']) {
      expect((await refusalOf(gateway.wsUrl, { headers: { origin } })).status).toBe(403);
      expect((await fetch(`${gateway.url}/health`, { headers: { origin } })).status).toBe(403);
    }
    for (const headers of [{ origin: 'https://dash.example.com' }, { origin: 'http://localhost:5173' }, {}]) {
      const client = await useIn(test, connectClient(gateway.wsUrl, { headers }));
      await client.nextOf('WELCOME');
    }
    const allowed = { headers: { origin: 'http://localhost:5173' } };
    const answer = await fetch(`${gateway.url}/health`, allowed);
    expect(answer.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
    const metrics = await gateway.metrics();
    expect(metrics.value('bff_rejected_total', { edge: 'upgrade', reason: 'origin_refused' })).toBe(3);
  });

  it('refuses an address over its limit with 429 and lets it in again when a place is free', async (test) => {
    const settings = { TRUST_PROXY: '1', MAX_CONNECTIONS_PER_IP: '2' };
    const gateway = await useIn(test, startGateway({ settings, engine: false }));
    const first = await useIn(test, connectClient(gateway.wsUrl, from('192.0.2.1')));
    await useIn(test, connectClient(gateway.wsUrl, from('192.0.2.1')));
    const refusal = await refusalOf(gateway.wsUrl, from('192.0.2.1'));
    expect(refusal.status).toBe(429);
    expect(JSON.parse(refusal.body)).toMatchObject({ status: 429, code: 'TOO_MANY_CONNECTIONS' });
    // What is left of the trusted entry is the client's own claim.
    expect((await refusalOf(gateway.wsUrl, from('198.51.100.7, 192.0.2.1'))).status).toBe(429);
    await useIn(test, connectClient(gateway.wsUrl, from('192.0.2.2')));
    expect(gateway.log.entries).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'refused',
        fields: expect.objectContaining({
          reason: 'too_many_connections',
          address: '192.0.2.1',
          detail: 'see MAX_CONNECTIONS_PER_IP',
        }),
      }),
    );
    await first.stop();
    const again = await waitFor('a free place', () =>
      connectClient(gateway.wsUrl, from('192.0.2.1')).catch(() => undefined),
    );
    await again.stop();
  });

  it('refuses everyone over the total with 503 and Retry-After', async (test) => {
    const gateway = await useIn(test, startGateway({ settings: { MAX_CONNECTIONS: '2' }, engine: false }));
    await useIn(test, connectClient(gateway.wsUrl));
    await useIn(test, connectClient(`${gateway.wsUrl}/ws/stream`));
    const refusal = await refusalOf(gateway.wsUrl);
    expect(refusal.status).toBe(503);
    expect(Number(refusal.headers['retry-after'])).toBeGreaterThan(0);
    expect((await fetch(`${gateway.url}/livez`)).status).toBe(200);
  });

  it('exempts loopback from the limit of one address', async (test) => {
    const settings = { MAX_CONNECTIONS_PER_IP: '1' };
    const gateway = await useIn(test, startGateway({ settings, engine: false }));
    for (let count = 0; count < 3; count += 1) await useIn(test, connectClient(gateway.wsUrl));
  });

  it('answers an upgrade to an unknown path with 404 and closes', async (test) => {
    const gateway = await useIn(test, startGateway({ engine: false }));
    for (const target of [
      '/nothing',
      '/ws',
      '/ws/stream//',
      '//elsewhere',
      '//elsewhere/ws/stream',
      '/%2F',
    ]) {
      const answer = await rawExchange(gateway.port, handshake(target));
      expect(answer, target).toMatch(/^HTTP\/1\.1 404 /);
    }
    const client = await useIn(test, connectClient(`${gateway.wsUrl}/ws/stream?anything=1`));
    await client.nextOf('WELCOME');
  });

  it('answers a broken handshake with 4xx and gives its place back', async (test) => {
    const gateway = await useIn(test, startGateway({ settings: { MAX_CONNECTIONS: '1' }, engine: false }));
    const broken = [{ 'Sec-WebSocket-Key': 'short' }, { 'Sec-WebSocket-Version': '7' }];
    for (const headers of broken) {
      const answer = await rawExchange(gateway.port, handshake('/', headers));
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
    expect(await rawExchange(gateway.port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    const place = () => connectClient(gateway.wsUrl).catch(() => undefined);
    await useIn(test, waitFor('the only place', place));
  });

  it('answers the subprotocol token with token, and no other', async (test) => {
    const gateway = await useIn(test, startGateway({ engine: false }));
    const client = await useIn(test, connectClient(gateway.wsUrl, {}, ['token', 'aGVhZGVy.cGF5bG9hZA.c2ln']));
    expect(client.socket.protocol).toBe('token');
  });
});

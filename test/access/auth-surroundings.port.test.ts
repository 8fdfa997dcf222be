import { describe, expect, it } from 'vitest';
import { connectClient, refusalOf } from '../support/client.ts';
import { openEventStream } from '../support/event-stream-client.ts';
import { startGateway } from '../support/gateway.ts';
import { startJwksServer } from '../support/jwks-server.ts';
import { createSigner, secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { useIn, within } from '../support/wait.ts';

const still = { engine: false, settings: { POLL_CRON: '0 0 0 1 1 *' } } as const;
const withSecret = (more = {}) => ({
  ...still,
  settings: { ...still.settings, AUTH_JWT_SECRET: testSecret, ...more },
});
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe.concurrent('With a key set', () => {
  it('a token is verified by the issuer’s keys, and 503 with Retry-After says they are away', async (test) => {
    const signer = await createSigner('ES256', 'k1');
    const issuer = await useIn(test, startJwksServer(signer.publicJwk));
    const settings = { ...still.settings, AUTH_JWKS_URL: issuer.url };
    const working = await useIn(test, startGateway({ ...still, settings }));
    const token = await signer.sign(testClaims());
    const client = await useIn(test, connectClient(working.wsUrl, { headers: bearer(token) }));
    await client.nextOf('WELCOME');
    // Signed by a key of that name, but another one.
    const wrong = await (await createSigner('ES256', 'k1')).sign(testClaims());
    expect((await refusalOf(working.wsUrl, { headers: bearer(wrong) })).status).toBe(401);
    const confused = await secretToken(testClaims(), JSON.stringify(signer.publicJwk));
    expect((await refusalOf(working.wsUrl, { headers: bearer(confused) })).status).toBe(401);
    // Known keys serve on while the issuer is away.
    await issuer.stop();
    await (await useIn(test, connectClient(working.wsUrl, { headers: bearer(token) }))).nextOf('WELCOME');

    const cold = await useIn(test, startGateway({ ...still, settings }));
    const refusal = await refusalOf(cold.wsUrl, { headers: bearer(token) });
    expect(refusal.status).toBe(503);
    expect(Number(refusal.headers['retry-after'])).toBeGreaterThan(0);
    for (const path of ['/api/telemetry', '/api/stream/telemetry', '/api/telemetry/history']) {
      const answer = await fetch(`${cold.url}${path}`, { headers: bearer(token) });
      expect([answer.status, Number(answer.headers.get('retry-after')) > 0], path).toEqual([503, true]);
    }
    expect((await refusalOf(cold.wsUrl)).status).toBe(401);
    expect((await fetch(`${cold.url}/livez`)).status).toBe(200);
  });
});

describe.concurrent('A token that expires', () => {
  it('ends its connection with 4401, its stream too, and nobody else’s', async (test) => {
    const gateway = await useIn(test, startGateway(withSecret()));
    const exp = Math.floor(Date.now() / 1000) + 2;
    const [short, long] = [await secretToken(testClaims({ exp })), await secretToken(testClaims())];
    const client = await useIn(test, connectClient(gateway.wsUrl, { headers: bearer(short) }));
    const other = await useIn(test, connectClient(gateway.wsUrl, { headers: bearer(long) }));
    const stream = await useIn(test, openEventStream(`${gateway.url}/api/stream/telemetry`, bearer(short)));
    const closed = await within('the close', client.closed, exp * 1000 + 1500 - Date.now());
    expect(closed.code).toBe(4401);
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
    await within('the end of the stream', stream.closed);
    expect((await refusalOf(gateway.wsUrl, { headers: bearer(short) })).status).toBe(401);
    other.send({ type: 'PING', t: 1 });
    await other.nextOf('PONG');
  });
});

describe.concurrent('Where AUTH_DIALECTS leaves telemetry out', () => {
  it('anonymous clients come in as viewers, and an offered token is verified and gives its role', async (test) => {
    // An empty list: no dialect demands a token.
    const gateway = await useIn(
      test,
      startGateway(withSecret({ AUTH_DIALECTS: ',', ALLOW_COMMANDS: 'true' })),
    );
    const anonymous = await useIn(test, connectClient(gateway.wsUrl));
    const welcome = await anonymous.nextOf('WELCOME');
    expect(welcome.body.granted).toMatchObject({ role: 'viewer', commands: false });
    anonymous.send({ type: 'HALT' });
    expect((await anonymous.nextOf('ERROR')).body.code).toBe('FORBIDDEN');
    expect((await fetch(`${gateway.url}/api/telemetry`)).status).toBe(200);

    const operator = await secretToken(testClaims({ role: 'operator' }));
    const client = await useIn(test, connectClient(gateway.wsUrl, {}, ['token', operator]));
    expect((await client.nextOf('WELCOME')).body.granted).toMatchObject({ role: 'operator', commands: true });
    expect((await refusalOf(gateway.wsUrl, {}, ['token', 'bad'])).status).toBe(401);
    expect((await fetch(`${gateway.url}/api/telemetry?token=bad`)).status).toBe(401);
  });
});

describe.concurrent('A cookie', () => {
  it('is good for pages of the same host only', async (test) => {
    const gateway = await useIn(test, startGateway(withSecret()));
    const cookie = `token=${await secretToken(testClaims())}`;
    const own = `http://127.0.0.1:${gateway.port}`;
    const client = await useIn(test, connectClient(gateway.wsUrl, { headers: { cookie, origin: own } }));
    await client.nextOf('WELCOME');
    for (const origin of [
      'https://evil.example',
      'null',
      `http://127.0.0.1:${gateway.port + 1}`,
      undefined,
    ]) {
      const headers = { cookie, ...(origin === undefined ? {} : { origin }) };
      expect((await refusalOf(gateway.wsUrl, { headers })).status, origin).toBe(403);
      for (const path of ['/api/telemetry', '/api/stream/telemetry']) {
        expect((await fetch(`${gateway.url}${path}`, { headers })).status, `${origin} ${path}`).toBe(403);
      }
    }
  });

  it('is good for the pages on the list, where there is one', async (test) => {
    const listed = 'https://dash.example.com';
    const gateway = await useIn(test, startGateway(withSecret({ ALLOWED_ORIGINS: listed })));
    const cookie = `token=${await secretToken(testClaims())}`;
    const client = await useIn(test, connectClient(gateway.wsUrl, { headers: { cookie, origin: listed } }));
    await client.nextOf('WELCOME');
    const own = `http://127.0.0.1:${gateway.port}`;
    for (const headers of [{ cookie, origin: own }, { cookie }]) {
      expect((await refusalOf(gateway.wsUrl, { headers })).status).toBe(403);
    }
  });
});

describe.concurrent('METRICS_AUTH', () => {
  it('demands a token for /metrics, and never for the health checks', async (test) => {
    const gateway = await useIn(test, startGateway(withSecret({ METRICS_AUTH: 'true', AUTH_DIALECTS: ',' })));
    const token = await secretToken(testClaims());
    const refused = await fetch(`${gateway.url}/metrics`);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await fetch(`${gateway.url}/metrics`, { headers: bearer('bad') })).status).toBe(401);
    expect((await fetch(`${gateway.url}/metrics`, { headers: bearer(token) })).status).toBe(200);
    for (const path of ['/livez', '/health']) expect((await fetch(`${gateway.url}${path}`)).status).toBe(200);
  });
});

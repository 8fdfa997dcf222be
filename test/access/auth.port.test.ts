import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectClient, refusalOf } from '../support/client.ts';
import { openEventStream } from '../support/event-stream-client.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { tokenPlaces } from '../support/token-places.ts';
import {
  createSigner,
  type Signer,
  secretToken,
  testAudience,
  testClaims,
  testIssuer,
  testSecret,
  unsignedToken,
} from '../support/tokens.ts';
import { useIn } from '../support/wait.ts';

const paths = ['/api/telemetry', '/api/telemetry/history', '/api/stream/telemetry'];
const hourAgo = Math.floor(Date.now() / 1000) - 3600;

let signer: Signer;
let gateway: TestGateway;
beforeAll(async () => {
  signer = await createSigner('RS256');
  gateway = await startGateway({
    settings: {
      AUTH_PUBLIC_KEY: signer.publicPem,
      AUTH_ISSUER: testIssuer,
      AUTH_AUDIENCE: testAudience,
      ENGINE_PASSTHROUGH: '/api/system',
    },
  });
});
afterAll(() => gateway.stop());

/** Tokens that must not pass, by what is wrong with them. */
const bad: readonly (readonly [string, () => Promise<string> | string])[] = [
  ['an expired one', () => signer.sign(testClaims({ exp: hourAgo }))],
  ['one without exp', () => signer.sign({ sub: 'a', iss: testIssuer, aud: testAudience })],
  ['one of another audience', () => signer.sign(testClaims({ aud: 'another' }))],
  ['one of another issuer', () => signer.sign(testClaims({ iss: 'https://evil.example' }))],
  ['one that is not valid yet', () => signer.sign(testClaims({ nbf: hourAgo + 7200 }))],
  ['alg none', () => unsignedToken(testClaims({ role: 'operator' }))],
  ['one of another key', async () => (await createSigner('RS256')).sign(testClaims())],
  ['one of another algorithm', async () => (await createSigner('ES256')).sign(testClaims())],
  // The public key taken for a secret: whoever can read it could sign.
  ['RS-HS confusion', () => secretToken(testClaims({ role: 'operator' }), signer.publicPem)],
  ['one of a secret', () => secretToken(testClaims(), testSecret)],
  ['one whose payload was exchanged', async () => forged(await signer.sign(testClaims()))],
  ['no token at all', () => 'nonsense'],
];

function forged(token: string): string {
  const [head, , signature] = token.split('.');
  const payload = Buffer.from(JSON.stringify(testClaims({ role: 'operator' }))).toString('base64url');
  return `${head}.${payload}.${signature}`;
}

describe.concurrent('A token', () => {
  it.for(tokenPlaces)('is taken from the $name, and gives its role', async (place, test) => {
    for (const role of ['viewer', 'operator'] as const) {
      const token = await signer.sign(testClaims({ role }));
      const client = await useIn(test, place.connect(gateway.wsUrl, token));
      const { body } = await client.nextOf('WELCOME');
      expect(body.granted).toMatchObject({ role, commands: role === 'operator' });
      expect(client.socket.protocol).toBe(place.name === 'subprotocol' ? 'token' : '');
    }
  });

  it.for(bad)('is refused with 401 before the upgrade, wherever it stands: %s', async ([, make]) => {
    const token = await make();
    for (const place of tokenPlaces) {
      const refusal = await place.refusal(gateway.wsUrl, token);
      expect([refusal.status, refusal.headers['www-authenticate']], place.name).toEqual([
        401,
        'Bearer error="invalid_token"',
      ]);
      expect(refusal.body).not.toContain(token);
      for (const path of place.request === undefined ? [] : paths) {
        const asked = place.request?.(`${gateway.url}${path}`, token);
        const answer = await fetch(asked?.url ?? '', { headers: asked?.headers ?? {} });
        expect([answer.status, answer.headers.get('www-authenticate')], `${place.name} ${path}`).toEqual([
          401,
          'Bearer error="invalid_token"',
        ]);
        expect(await answer.text()).not.toContain(token);
      }
    }
  });

  it('is demanded by every entrance, and by no health check', async () => {
    const refusal = await refusalOf(`${gateway.wsUrl}/ws/stream`);
    expect([refusal.status, refusal.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    for (const path of [...paths, '/api/system/state/current']) {
      const answer = await fetch(`${gateway.url}${path}`);
      expect([answer.status, answer.headers.get('www-authenticate')], path).toEqual([401, 'Bearer']);
    }
    for (const path of ['/livez', '/readyz', '/health', '/metrics', '/asyncapi.json', '/']) {
      expect((await fetch(`${gateway.url}${path}`)).status, path).toBe(200);
    }
  });

  it('that is bad is not replaced by a good one further on', async () => {
    const good = await signer.sign(testClaims());
    const headers = { authorization: 'Bearer bad', cookie: `token=${good}` };
    const url = `${gateway.wsUrl}/?token=${good}`;
    expect((await refusalOf(url, { headers })).status).toBe(401);
    expect((await refusalOf(url, { headers: { authorization: 'Bearer' } })).status).toBe(401);
    expect((await refusalOf(url, { headers: { cookie: 'token=' } })).status).toBe(401);
    expect((await refusalOf(url, {}, ['token', 'bad'])).status).toBe(401);
  });

  it('opens the stream and the snapshot too', async (test) => {
    const authorization = `Bearer ${await signer.sign(testClaims({ role: 'operator' }))}`;
    const stream = await useIn(
      test,
      openEventStream(`${gateway.url}/api/stream/telemetry`, { authorization }),
    );
    expect((await stream.next()).packet.body.granted).toMatchObject({ role: 'operator', commands: true });
    expect((await fetch(`${gateway.url}/api/telemetry`, { headers: { authorization } })).status).toBe(200);
  });

  it.for(['agent', 'admin', 7])('of role %j is refused with 403', async (role) => {
    const token = await signer.sign(testClaims({ role }));
    for (const place of tokenPlaces) expect((await place.refusal(gateway.wsUrl, token)).status).toBe(403);
    for (const path of [...paths, '/api/system/state/current']) {
      const answer = await fetch(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
      expect([answer.status, await answer.json()], path).toEqual([
        403,
        expect.objectContaining({ code: 'FORBIDDEN_ROLE' }),
      ]);
    }
  });

  it('of a viewer gets no command through, and no unsafe method to the engine', async (test) => {
    const token = await signer.sign(testClaims({ role: 'viewer' }));
    const client = await useIn(test, connectClient(`${gateway.wsUrl}/?token=${token}`));
    await client.nextOf('WELCOME');
    for (const type of ['HALT', 'RESUME']) {
      client.send({ type, requestId: type });
      const { body } = await client.nextOf('ERROR');
      expect(body).toMatchObject({ command: type, requestId: type, code: 'FORBIDDEN' });
    }
    const headers = { authorization: `Bearer ${token}` };
    const halt = await fetch(`${gateway.url}/api/system/halt`, { method: 'POST', headers });
    expect(halt.status).toBe(403);
    expect(await (await fetch(`${gateway.url}/api/system/state/current`, { headers })).json()).toMatchObject({
      status: 'ACTIVE',
    });
  });
});

import { text } from 'node:stream/consumers';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { DemoEngine } from '../../src/demo/engine.ts';
import { connectClient } from '../support/client.ts';
import { openEventStream, streamRefusalOf } from '../support/event-stream-client.ts';
import { commandResult, spawnGateway } from '../support/gateway-process.ts';
import { tokenPlaces } from '../support/token-places.ts';
import { secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { useIn, waitFor } from '../support/wait.ts';

const marker = 'query-that-no-log-shows';

describe.concurrent('Logs and metrics', () => {
  it('hold no token, no secret and no query string, wherever a token was used', async (test) => {
    const engine = await useIn(test, new DemoEngine({ port: 0 }));
    const { url: engineUrl } = await engine.start();
    const gateway = await useIn(
      test,
      spawnGateway({
        ENGINE_URL: engineUrl,
        ENGINE_TOKEN: 'the-engine-token-of-this-test',
        AUTH_JWT_SECRET: testSecret,
        LOG_LEVEL: 'debug',
        ENGINE_PASSTHROUGH: '/api/system',
      }),
    );
    const good = await secretToken(testClaims({ sub: 'alice' }));
    const expired = await secretToken(testClaims({ exp: 1_700_000_000 }));
    const strange = `${marker}-token`;
    for (const place of tokenPlaces) {
      const client = await place.connect(gateway.wsUrl, good);
      await client.nextOf('WELCOME');
      client.socket.send(`{"type":"HALT","token":"${good}"}`);
      client.socket.send(`not a message ${good}`);
      client.send({ type: 'SUBSCRIBE', symbol: marker });
      await client.nextOf('ERROR');
      await client.stop();
      for (const bad of [expired, strange]) await place.refusal(gateway.wsUrl, bad);
      for (const path of [
        '/api/telemetry',
        '/api/system/state/current',
        '/nothing/here',
        '/api/stream/telemetry',
      ]) {
        for (const token of path.includes('stream') ? [expired] : [good, expired]) {
          const asked = place.request?.(`${gateway.url}${path}`, token);
          if (asked !== undefined) await text((await request(asked.url, { headers: asked.headers })).body);
        }
      }
    }
    const query = `?token=${good}&secret=${marker}&sections=${marker}`;
    await streamRefusalOf(`${gateway.url}/api/stream/telemetry${query}`);
    const stream = await openEventStream(`${gateway.url}/api/stream/telemetry?token=${good}&x=${marker}`);
    await stream.next();
    await stream.stop();
    await connectClient(`${gateway.wsUrl}/?token=${good}&x=${marker}`).then((client) => client.stop());
    // The engine away: what is logged then names the path, and nothing behind it.
    await engine.stop();
    const away = await request(`${gateway.url}/api/system/state/current?token=${good}&x=${marker}`);
    expect([away.statusCode, (await text(away.body)).includes(marker)]).toEqual([502, false]);
    await waitFor('the log of it', () => gateway.logLines.some(({ msg }) => msg === 'engine not reached'));

    const metrics = await fetch(`${gateway.url}/metrics`).then((answer) => answer.text());
    gateway.kill('SIGTERM');
    await gateway.exited;
    const written = `${gateway.stdout}${gateway.stderr}${metrics}`;
    const signatures = [good, expired].flatMap((token) => token.split('.').slice(1));
    for (const secret of [...signatures, marker, testSecret, 'the-engine-token-of-this-test', 'token=']) {
      expect(written.includes(secret), secret).toBe(false);
    }
    expect(gateway.logLines.filter(({ level }) => level === 'error' || level === 50)).toEqual([]);
  });
});

describe.concurrent('Settings that would open the engine to any page, or that contradict each other', () => {
  it.for<readonly [string, Record<string, string>]>([
    ['ALLOW_COMMANDS', { ALLOW_COMMANDS: 'true', HOST: '0.0.0.0' }],
    ['AUTH_JWT_SECRET', { AUTH_JWT_SECRET: 'short' }],
    ['AUTH_JWKS_URL', { AUTH_JWKS_URL: 'https://a.example/', AUTH_JWT_SECRET: testSecret }],
  ])('are refused with 78, naming %s: %j', async ([name, settings]) => {
    const { code, stderr } = await commandResult(['serve'], {
      ENGINE_URL: 'http://127.0.0.1:9',
      PORT: '0',
      ...settings,
    });
    expect([code, stderr]).toEqual([78, expect.stringContaining(name)]);
    expect(stderr).not.toContain(testSecret);
  });
});

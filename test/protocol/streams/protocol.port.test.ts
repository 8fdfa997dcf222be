import { describe, expect, it } from 'vitest';
import { keepaliveDefaults } from '../../../src/deliver/keepalive.ts';
import { connectClient, refusalOf } from '../../support/client.ts';
import { startGateway } from '../../support/gateway.ts';
import { useLogFolder } from '../../support/stream-files.ts';
import { secretToken, testClaims, testSecret } from '../../support/tokens.ts';
import { type TestScope, useIn, waitFor } from '../../support/wait.ts';

const paths = ['/ws/instances', '/ws/instances/agent-1/logs', '/ws/messages'];

async function setUp(test: TestScope, settings = {}, limits = {}) {
  const gateway = await useIn(
    test,
    startGateway({
      engine: { activity: 0 },
      settings: { INSTANCE_LOG_DIR: useLogFolder(test).directory, ...settings },
      keepalive: { ...keepaliveDefaults, ...limits },
    }),
  );
  const connect = (path: string, options = {}) =>
    useIn(test, connectClient(`${gateway.wsUrl}${path}`, options));
  return { gateway, connect };
}

describe.each(paths)('On %s', (path) => {
  it('what is no message of the protocol ends in an error frame and 1008, in that order', async (test) => {
    const { connect } = await setUp(test);
    for (const message of [
      '{',
      '{"type":"nope"}',
      '[]',
      '{"type":"set_include_archived","value":1}',
      Buffer.from('{"type":"ping"}'),
    ]) {
      const client = await connect(path);
      await client.next();
      client.socket.send(message);
      expect((await client.closed).code).toBe(1008);
      expect(client.latest.body).toMatchObject({ type: 'error', code: 'invalid_frame' });
    }
  });

  it('a client that says nothing is closed with 1001, one that pings stays, and none is pinged', async (test) => {
    const { connect } = await setUp(test, {}, { idleAfterMs: 1500, pingEveryMs: 50 });
    const [silent, other] = [await connect(path), await connect(path)];
    let pings = 0;
    silent.socket.on('ping', () => {
      pings += 1;
    });
    const timer = setInterval(() => other.send({ type: 'ping' }), 100);
    test.onTestFinished(() => clearInterval(timer));
    // A pong of its own accord is no message.
    silent.socket.pong();
    expect(await silent.closed).toEqual({ code: 1001, reason: 'idle' });
    expect(other.socket.readyState).toBe(other.socket.OPEN);
    await other.nextOf('pong');
    expect(pings).toBe(0);
  });

  it('everybody is told 1001 when the gateway shuts down', async (test) => {
    const { connect, gateway } = await setUp(test);
    const clients = [await connect(path), await connect(path)];
    for (const client of clients) await client.next();
    const stopped = gateway.stop();
    for (const client of clients) expect(await client.closed).toEqual({ code: 1001, reason: 'shutdown' });
    await stopped;
  });

  it('the token of an agent does not do', async (test) => {
    const { gateway } = await setUp(test, { AUTH_JWT_SECRET: testSecret });
    const agent = await secretToken(testClaims({ role: 'agent' }));
    expect((await refusalOf(`${gateway.wsUrl}${path}?token=${agent}`)).status).toBe(403);
  });

  it('an origin that is not allowed is refused with 403, a plain request with 426', async (test) => {
    const { gateway } = await setUp(test, { ALLOWED_ORIGINS: 'https://good.example' });
    const headers = { origin: 'https://bad.example' };
    expect((await refusalOf(`${gateway.wsUrl}${path}`, { headers })).status).toBe(403);
    expect((await fetch(`${gateway.url}${path}`)).status).toBe(426);
  });

  it('nothing is compressed', async (test) => {
    const { connect } = await setUp(test);
    const client = await connect(path, { perMessageDeflate: true });
    await client.next();
    expect(client.socket.extensions).toBe('');
  });
});

describe('Without DIALECTS=streams', () => {
  it('there are no streams', async (test) => {
    const { gateway } = await setUp(test, { DIALECTS: 'telemetry' });
    for (const path of paths) expect((await refusalOf(`${gateway.wsUrl}${path}`)).status).toBe(404);
    expect((await fetch(`${gateway.url}/api/instances`)).status).toBe(404);
  });
});

describe('The instances of an engine', () => {
  it('are asked for only where somebody wants to know', async (test) => {
    const { connect, gateway } = await setUp(test);
    const telemetry = await connect('/');
    await telemetry.next(({ data }) => Object(data.sources).state?.status === 'fresh');
    expect(Object.keys(Object(telemetry.latest.data.sources))).not.toContain('instances');
    const polls = async () =>
      (await gateway.metrics()).value('bff_source_latency_seconds_count', { source: 'instances' });
    expect(await polls()).toBe(0);
    await (await connect('/ws/instances')).next();
    await waitFor('polls', async () => (await polls()) > 1);
  });
});

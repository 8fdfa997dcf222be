import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startEngineServer } from '../source/engine-server.ts';
import { connectClient, refusalOf } from '../support/client.ts';
import { openEventStream } from '../support/event-stream-client.ts';
import { startGateway } from '../support/gateway.ts';
import { commandResult, spawnGateway } from '../support/gateway-process.ts';
import { handshake, rawExchange } from '../support/raw-socket.ts';
import { secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { type TestScope, useIn, waitFor, within } from '../support/wait.ts';

const aliases = [
  '/api/ws/stream=/ws/stream',
  '/api/sse=/api/stream/telemetry',
  '/api/state=/api/telemetry',
  '/api/actions/halt=/api/telemetry/halt',
  '/v1/instances=/api/instances',
  '/v1/logs/:name=/ws/instances/:name/logs',
  '/healthz=/livez',
  '/prom=/metrics',
].join();

/** An engine that says which requests it got. */
async function startEngine(test: TestScope) {
  const asked: string[] = [];
  const engine = await useIn(
    test,
    startEngineServer((request, response) => {
      if (!request.url?.startsWith('/api/system/state')) asked.push(`${request.method} ${request.url}`);
      const state = { status: 'HALT', timestamp: new Date().toISOString(), instances: [] };
      request.resume().on('end', () => response.end(JSON.stringify(state)));
    }),
  );
  const commands = () => asked.filter((line) => line.startsWith('POST'));
  return { url: engine.url, asked, commands };
}

/** A gateway with these aliases that polls once. */
async function start(test: TestScope, settings: Readonly<Record<string, string>> = {}) {
  const engine = await startEngine(test);
  const still = { POLL_CRON: '0 0 0 1 1 *', ALLOW_COMMANDS: 'true', PATH_ALIASES: aliases };
  const all = { ...still, ENGINE_URL: engine.url, ...settings };
  const gateway = await useIn(test, startGateway({ engine: false, settings: all }));
  const post = (path: string, init: RequestInit = {}) =>
    fetch(`${gateway.url}${path}`, { method: 'POST', ...init });
  return { ...gateway, engine, post };
}

describe('An alias', () => {
  it('is served as what it stands for, by WebSocket, event stream and HTTP, with a slash and a query', async (test) => {
    const { url, wsUrl, post, engine } = await start(test);
    for (const path of ['/api/ws/stream', '/api/ws/stream/?mode=delta']) {
      const client = await useIn(test, connectClient(`${wsUrl}${path}`));
      expect((await client.next()).type).toBe('WELCOME');
    }
    const log = await useIn(test, connectClient(`${wsUrl}/v1/logs/nobody/?backlog=5`));
    const unknown = { code: 'instance_not_found', message: "No instance named 'nobody'" };
    expect((await log.next()).body).toMatchObject(unknown);
    const stream = await useIn(test, openEventStream(`${url}/api/sse?sections=market`));
    expect((await stream.next()).packet.type).toBe('WELCOME');
    const state = await fetch(`${url}/api/state/?sections=agents`);
    expect([state.status, Object.keys(Object(await state.json()))]).toEqual([
      200,
      ['timestamp', 'status', 'sources', 'agents'],
    ]);
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'alive' });
    expect(await (await post('/api/actions/halt')).json()).toMatchObject({ type: 'ACK', command: 'HALT' });
    expect(engine.commands()).toEqual(['POST /api/system/halt']);
  });

  it('says of itself what its path would say', async (test) => {
    const { url, post, log, wsUrl } = await start(test);
    const upgrade = await fetch(`${url}/api/ws/stream`);
    expect([upgrade.status, await upgrade.json()]).toEqual([
      426,
      expect.objectContaining({ detail: 'connect to /api/ws/stream with a WebSocket client' }),
    ]);
    expect((await post('/api/state')).status).toBe(404);
    expect((await fetch(`${url}/api/actions/halt`)).status).toBe(405);
    expect((await fetch(`${url}/api/actions/halt//`)).status).toBe(404);
    expect((await refusalOf(`${wsUrl}/api/ws/stream?mod=delta`)).body).toContain('did you mean mode?');
    const client = await useIn(test, connectClient(`${wsUrl}/v1/logs/a`));
    await client.closed;
    expect(JSON.stringify(log.entries)).toContain('"Stream client connected"');
  });

  it('asks for the same token, role and origin', async (test) => {
    const settings = { AUTH_JWT_SECRET: testSecret, ALLOWED_ORIGINS: 'https://good.example.com' };
    const { url, wsUrl, post, engine } = await start(test, settings);
    expect((await refusalOf(`${wsUrl}/api/ws/stream`)).status).toBe(401);
    for (const path of ['/api/sse', '/api/state', '/v1/instances'])
      expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 401]);
    expect((await post('/api/actions/halt')).status).toBe(401);
    const viewer = { authorization: `Bearer ${await secretToken(testClaims({ role: 'viewer' }))}` };
    expect(await (await post('/api/actions/halt', { headers: viewer })).json()).toMatchObject({
      code: 'FORBIDDEN',
      effect: 'none',
    });
    const foreign = { ...viewer, origin: 'https://bad.example.com' };
    expect((await refusalOf(`${wsUrl}/api/ws/stream`, { headers: foreign })).status).toBe(403);
    expect((await post('/api/actions/halt', { headers: foreign })).status).toBe(403);
    expect(engine.commands()).toEqual([]);
    const client = await useIn(test, connectClient(`${wsUrl}/api/ws/stream`, { headers: viewer }));
    expect((await client.next()).type).toBe('WELCOME');
  });

  it('is found under any host where its path is a probe, and by no forbidden one where it is not', async (test) => {
    const { port } = await start(test, { ALLOWED_HOSTS: 'gateway.example' });
    const get = (path: string) =>
      rawExchange(port, `GET ${path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`);
    expect(await get('/healthz/')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await get('/api/state')).toMatch(/^HTTP\/1\.1 421 /);
    const foreign = { Host: 'evil.example' };
    expect(await rawExchange(port, handshake('/api/ws/stream', foreign))).toMatch(/^HTTP\/1\.1 421 /);
  });

  it('counts as its path does: a stream as a connection, a HALT as none', async (test) => {
    const settings = { MAX_CONNECTIONS: '1', AUTH_JWT_SECRET: '' };
    const { url, wsUrl, post } = await start(test, settings);
    await useIn(test, connectClient(`${wsUrl}/api/ws/stream`));
    expect((await refusalOf(`${wsUrl}/api/ws/stream`)).status).toBe(503);
    expect((await fetch(`${url}/api/sse`)).status).toBe(503);
    expect((await post('/api/actions/halt/')).status).toBe(200);
  });

  it('of a figure of OPS_PORT is served there, and not beside it', async (test) => {
    const { url, opsPort } = await start(test, { OPS_PORT: '0' });
    const ops = (path: string) => fetch(`http://127.0.0.1:${opsPort}${path}`);
    expect(await (await ops('/prom')).text()).toContain('bff_clients');
    expect((await ops('/healthz/')).status).toBe(200);
    expect((await ops('/api/state')).status).toBe(404);
    expect((await ops('/api/actions/halt')).status).toBe(404);
    expect((await fetch(`${url}/prom`)).status).toBe(404);
  });
});

describe('An alias below a forwarded path', () => {
  const forwarding = { ENGINE_PASSTHROUGH: '/api/actions,/api/instances,/api/ws,/api/system' };

  it('is not forwarded, and what is no alias goes on as it is', async (test) => {
    const { url, wsUrl, post, engine } = await start(test, forwarding);
    const client = await useIn(test, connectClient(`${wsUrl}/api/ws/stream`));
    expect((await client.next()).type).toBe('WELCOME');
    expect((await fetch(`${url}/api/ws/stream`)).status).toBe(426);
    for (const path of ['/api/ws/other/', '/api/actions/', '/api/actions/x//?a=/', '/api/instances/7/'])
      expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 200]);
    for (const path of ['/api/instances/', '/api/instances', '/v1/instances/'])
      expect((await post(path)).status).toBe(200);
    expect(engine.asked.filter((line) => !line.includes('/metrics/'))).toEqual([
      'GET /api/ws/other/',
      'GET /api/actions/',
      'GET /api/actions/x//?a=/',
      'GET /api/instances/7/',
      'POST /api/instances/',
      'POST /api/instances',
      'POST /api/instances',
    ]);
  });

  it('carries a HALT out however its path is written, as the engine’s own is', async (test) => {
    const { post, engine, log } = await start(test, forwarding);
    const paths = [
      '/api/actions/halt',
      '/api/actions//halt',
      '/api/actions/HALT/',
      '/api/actions/%68alt;v=1',
    ];
    for (const path of [...paths, '/api/system/halt/', '/api/system/halt'])
      expect(await (await post(path)).json(), path).toMatchObject({ type: 'ACK', command: 'HALT' });
    expect(new Set(engine.commands())).toEqual(new Set(['POST /api/system/halt']));
    expect(log.entries.filter(({ fields }) => fields.audit === true)).toHaveLength(6);
  });
});

/** Places for 50 sockets: 100 descriptors are for others. */
const openFiles = 150;

describe('An alias of HALT', () => {
  it('is answered while all sockets are taken, however it is written', async (test) => {
    const engine = await startEngine(test);
    const gateway = await useIn(
      test,
      spawnGateway(
        {
          ...{ ENGINE_URL: engine.url, PATH_ALIASES: '/api/stop=/api/telemetry/halt,/state=/api/telemetry' },
          ...{ ALLOW_COMMANDS: 'true', ALLOW_INGEST: 'true', ENGINE_PASSTHROUGH: '/api' },
        },
        { openFiles },
      ),
    );
    const ask = (line: string, headers: string) =>
      `${line} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}\r\n`;
    /** With a request that the gateway has read and whose body never comes. */
    const occupySocket = async () => {
      const socket = connect(gateway.port, '127.0.0.1');
      test.onTestFinished(() => void socket.destroy());
      socket.write(ask('POST /api/diagnostics/events', 'Expect: 100-continue\r\nContent-Length: 9\r\n'));
      await within('100 Continue', once(socket, 'data'));
    };
    await waitFor('all sockets to be taken', async () => {
      await occupySocket();
      const state = await rawExchange(gateway.port, ask('GET /state', 'Connection: close\r\n'));
      return state.startsWith('HTTP/1.1 503');
    });
    for (const path of [
      '/api/stop/?from=page',
      '/api/STOP',
      '/api/%73top',
      '/api/system/%68alt',
      '/api/system/halt;v=1',
    ]) {
      const halt = ask(`POST ${path}`, 'Content-Length: 0\r\nConnection: close\r\n');
      expect(await rawExchange(gateway.port, halt), path).toContain('"type":"ACK"');
    }
    expect(engine.commands()).toContain('POST /api/system/halt');
  });
});

describe('An alias that cannot be', () => {
  it('ends the start with 78, naming the entry and what would be right', async () => {
    const start = (PATH_ALIASES: string, more = {}) =>
      commandResult(['serve'], { ENGINE_URL: 'http://127.0.0.1:9', PATH_ALIASES, ...more });
    const misshapen = await start('/a,/b=c,/api/ws/stream=/ws/stream');
    expect(misshapen).toMatchObject({ code: 78, stdout: '' });
    expect(misshapen.stderr).toContain('PATH_ALIASES.0: "/a" is no alias – expected other paths for ours');
    expect(misshapen.stderr).toContain('PATH_ALIASES.1: "/b=c" is no alias – expected other paths for ours');
    const wrong = await start('/live=/ws/strem,/livez=/ws/stream,/api/system/halt=/api/telemetry');
    expect(wrong.code).toBe(78);
    expect(wrong.stderr).toContain('"/live=/ws/strem": nothing is served at /ws/strem – expected one of /, ');
    expect(wrong.stderr).toContain('"/livez=/ws/stream": it would hide /livez');
    expect(wrong.stderr).toContain('it would hide the command /api/system/halt');
    const without = await start('/x=/ws/instances', { DIALECTS: 'telemetry' });
    expect([without.code, without.stderr]).toEqual([78, expect.stringContaining('nothing is served at')]);
  });
});

import { spawn } from 'node:child_process';
import { createContext, runInContext } from 'node:vm';
import { io, type Socket } from 'socket.io-client';
import { EventSource } from 'undici';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createTelemetryClient } from '../src/client/index.ts';
import { equalJson, type JsonObject } from '../src/core/json.ts';
import { freePort } from './support/free-port.ts';
import { startGateway, type TestGateway } from './support/gateway.ts';
import { codeWith, makeTokenAsShown, pages } from './support/pages.ts';
import { setUpViews } from './support/view-set-up.ts';
import { type TestScope, useIn, waitFor } from './support/wait.ts';

/** Runs an example that has the client library of Socket.IO, at this gateway. @param token as the page has one */
function runWithSocketIo(test: TestScope, code: string, gateway: TestGateway, token?: string) {
  const printed: string[] = [];
  const sockets: Socket[] = [];
  const page = createContext({
    io(url: string, options: object = {}) {
      const socket = io(url, { ...options, forceNew: true });
      sockets.push(socket);
      return socket;
    },
    console: { log: (...words: unknown[]) => printed.push(words.join(' ')) },
    token,
  });
  test.onTestFinished(() => {
    for (const socket of sockets) socket.disconnect();
  });
  runInContext(code.replaceAll('localhost:3000', `127.0.0.1:${gateway.port}`), page);
  return { printed, sockets };
}

describe('The examples of the pages', () => {
  it('have an engine that a gateway shows as the README says', async (test) => {
    const port = await freePort();
    const code = codeWith('// engine.mjs').replace('listen(8000)', `listen(${port})`);
    const engine = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: 'inherit' });
    test.onTestFinished(() => void engine.kill('SIGKILL'));
    const gateway = await useIn(
      test,
      startGateway({ engine: false, settings: { ENGINE_URL: `http://127.0.0.1:${port}` } }),
    );
    const look = async (): Promise<JsonObject> =>
      (await (await fetch(`${gateway.url}/api/telemetry`)).json()) as JsonObject;
    await waitFor('the gateway to be ready', async () => (await fetch(`${gateway.url}/readyz`)).ok);
    const said: JsonObject = JSON.parse(codeWith('hello from my engine", "timestamp"'));
    const { market, logs, agents, models, status } = await waitFor('all sources to be fresh', async () => {
      const document = await look();
      return /stale|down/.test(JSON.stringify(document.sources)) ? undefined : document;
    });
    expect(status).toBe(said.status);
    expect(agents).toEqual(said.agents);
    expect(models).toEqual(said.models);
    expect(market).toEqual({ symbol: 'EURUSD', price: expect.any(Number) });
    expect(logs).toEqual([{ level: 'INFO', message: 'hello from my engine', timestamp: expect.any(String) }]);
  });

  it('apply deltas, and resume, so that they have the gateway’s document', async (test) => {
    const { gateway, publish, snapshot } = await setUpViews(test);
    const sockets: WebSocket[] = [];
    const log: string[] = [];
    const page = createContext({
      WebSocket: class extends WebSocket {
        constructor(url: string) {
          super(url);
          sockets.push(this);
        }
      },
      console: { log: (type: string) => log.push(type) },
      // What it waits for before it connects again.
      setTimeout: (task: () => void) => setImmediate(task),
      Math: Object.assign(Object.create(Math), { random: () => 0 }),
    });
    const code = codeWith('ws.onclose = () => setTimeout(connect').replaceAll(
      'ws://localhost:3000',
      gateway.wsUrl,
    );
    runInContext(`${code}\nglobalThis.held = () => JSON.stringify(doc);`, page);
    const holds = async (): Promise<boolean> => {
      const held: string | undefined = runInContext('held()', page);
      return held !== undefined && equalJson(JSON.parse(held), await snapshot());
    };
    test.onTestFinished(() => {
      // It would come back for ever.
      for (const socket of sockets) socket.onclose = null;
      for (const socket of sockets) socket.terminate();
    });

    await waitFor('the first document', holds);
    for (const price of [450.1, 450.2, 450.3]) publish({ market: { price }, logs: [`price ${price}`] });
    await waitFor('what the events changed', holds);
    expect(log).toContain('DELTA');
    sockets[0]?.terminate();
    publish({ market: { price: 451 } });
    await waitFor('another connection', () => sockets.length === 2);
    await waitFor('what it missed', holds);
    expect(log.filter((type) => type === 'WELCOME')).toHaveLength(2);
  });

  it.for<[string, string]>([
    ['a WebSocket', codeWith('doc.market.price, doc.sources.state.status); // 1375')],
    ['an event stream', codeWith('const stream = new EventSource')],
  ])('print prices, with how fresh they are, from %s', async ([, code], test) => {
    const gateway = await useIn(test, startGateway());
    const printed: string[] = [];
    const opened: { close(): void }[] = [];
    const remember = <Arguments extends unknown[], Connection extends { close(): void }>(
      Kind: new (...given: Arguments) => Connection,
    ) =>
      function connect(...given: Arguments): Connection {
        const connection = new Kind(...given);
        opened.push(connection);
        return connection;
      };
    test.onTestFinished(() => {
      for (const connection of opened) connection.close();
    });
    const page = createContext({
      WebSocket: remember(WebSocket),
      EventSource: remember(EventSource),
      console: { log: (...words: unknown[]) => printed.push(words.join(' ')) },
    });
    runInContext(code.replaceAll('localhost:3000', `127.0.0.1:${gateway.port}`), page);
    await waitFor('a fresh price', () => printed.some((line) => / \d+\.\d+ fresh$/.test(line)));
  });

  it('print metrics by Socket.IO, and say when they are not live', async (test) => {
    const gateway = await useIn(test, startGateway());
    const code = codeWith('hours: 6, update_interval: 2');
    const { printed } = runWithSocketIo(test, code, gateway);
    await waitFor('figures', () => printed.some((line) => /^\d+ \d+(\.\d+)?$/.test(line)));
    gateway.engine.faults.apply({ kind: 'error', path: '/api/metrics' });
    await waitFor('the fault', () => printed.some((line) => /^not live: .*500/.test(line)));
    await gateway.stop();
    await waitFor('the end', () => printed.includes('not live: transport close'));
  });

  it('give Socket.IO a token, without which it is told why it is not let in', async (test) => {
    const secret = 'a secret of at least thirty-two bytes';
    const gateway = await useIn(test, startGateway({ settings: { AUTH_JWT_SECRET: secret } }));
    const code = codeWith('{ auth: { token } }');
    const socketWith = (token?: string) => runWithSocketIo(test, code, gateway, token).sockets[0];
    const refusalOf = async (token?: string): Promise<unknown> => {
      const fault = await new Promise<Error>((resolve) => socketWith(token)?.on('connect_error', resolve));
      return Reflect.get(fault, 'data');
    };
    const { prose = '' } = pages.find(({ path }) => path === 'src/access/README.md') ?? {};
    const [, shown = ''] = /`(\{"code":"UNAUTHENTICATED"[^`]*)`/.exec(prose) ?? [];
    expect(await refusalOf()).toEqual(JSON.parse(shown));
    expect(await refusalOf('x.y.z')).toMatchObject({ code: 'UNAUTHENTICATED' });
    const socket = socketWith(await makeTokenAsShown(secret));
    await new Promise<void>((resolve) => socket?.on('connect', resolve));
  });

  it('halt by the SDK, and say what came of it', async (test) => {
    const gateway = await useIn(test, startGateway({ settings: { ALLOW_COMMANDS: 'true' } }));
    const client = createTelemetryClient({ url: gateway.url, WebSocket });
    test.onTestFinished(() => client.close());
    const printed: unknown[][] = [];
    const code = codeWith("client.command('HALT', { reason: 'drill' })");
    const page = createContext({ client, console: { log: (...words: unknown[]) => printed.push(words) } });
    runInContext(code, page);
    await waitFor('the answer', () => printed.length > 0);
    expect(printed).toEqual([['halted', expect.objectContaining({ status: 'HALT', reason: 'drill' })]]);
    gateway.engine.faults.apply({ kind: 'error', path: '/api/system/halt', status: 400 });
    runInContext(code, page);
    await waitFor('the refusal', () => printed.length > 1);
    expect(printed[1]?.slice(0, 1)).toEqual(['ENGINE_REFUSED']);
  });

  it('make a token that opens a gateway to an operator', async (test) => {
    const secret = 'a secret of at least thirty-two bytes';
    const gateway = await useIn(test, startGateway({ engine: false, settings: { AUTH_JWT_SECRET: secret } }));
    const token = await makeTokenAsShown(secret);
    const ask = (headers = {}) => fetch(`${gateway.url}/api/clients`, { headers });
    expect((await ask()).status).toBe(401);
    expect((await ask({ authorization: `Bearer ${token}` })).status).toBe(200);
  });
});

import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { TelemetryClientOptions } from '../../src/client/types.ts';
import { startDashboardProxy } from '../support/dashboard-proxy.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';
import { shortTiming, useClient } from './client-set-up.ts';
import { connectToFake, granted } from './fake-gateway.ts';
import { createScriptedFetch } from './scripted-fetch.ts';

/** Whatever is refused is refused by somebody's word, not because a busy machine was late. */
const timing = { ...shortTiming, answerMs: 20_000 };
const commands = { ALLOW_COMMANDS: 'true' };

async function connect(
  test: TestScope,
  url: string,
  transport: string,
  more: Partial<TelemetryClientOptions> = {},
) {
  const client = useClient(test, { url, timing, ...more });
  await waitFor(transport, () => client.status.transport === transport, { state: () => client.status });
  return client;
}

const auditOf = ({ log }: TestGateway): unknown[] =>
  log.entries.filter(({ fields }) => fields.audit === true).map(({ fields }) => fields);

describe('Behind a proxy that passes no Upgrade', () => {
  it.for([
    ['sse', false],
    ['polling', true],
  ] as const)(
    'a HALT and a RESUME are carried out while packets come by %s',
    async ([transport, eventStreams], test) => {
      const gateway = await useIn(test, startGateway({ settings: commands }));
      const proxy = await useIn(test, startDashboardProxy(gateway.port));
      proxy.block({ webSockets: true, eventStreams });
      const client = await connect(test, proxy.url, transport);
      const askedAt = performance.now();
      await expect(client.command('HALT', { reason: 'drill' })).resolves.toMatchObject({ command: 'HALT' });
      expect(performance.now() - askedAt).toBeLessThan(8000);
      expect(gateway.engine.market.status()).toBe('HALT');
      await expect(client.command('RESUME')).resolves.toMatchObject({ command: 'RESUME' });
      expect(auditOf(gateway)).toMatchObject([
        { command: 'HALT', reason: 'drill', outcome: 'ACK', transport: 'http' },
        { command: 'RESUME', outcome: 'ACK', transport: 'http' },
      ]);
    },
  );

  it('a HALT is sent before there is any connection', async (test) => {
    const gateway = await useIn(test, startGateway({ settings: commands }));
    const client = useClient(test, { url: gateway.url, timing, WebSocket: null });
    await expect(client.command('HALT')).resolves.toMatchObject({ command: 'HALT' });
  });
});

describe('Over a WebSocket that swallows what is sent', () => {
  it('a HALT goes by HTTP about a second later', async (test) => {
    const gateway = await useIn(test, startGateway({ settings: commands }));
    const proxy = await useIn(test, startFaultProxy(gateway.port));
    class Proxied extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url.replace(`:${gateway.port}/`, `:${proxy.port}/`), protocols);
      }
    }
    const client = await connect(test, gateway.url, 'websocket', { WebSocket: Proxied });
    proxy.impose({ kind: 'stall', way: 'toServer' });
    const askedAt = performance.now();
    await client.command('HALT');
    const tookMs = performance.now() - askedAt;
    expect(gateway.engine.market.status()).toBe('HALT');
    expect(tookMs).toBeGreaterThan(900);
    expect(tookMs).toBeLessThan(8000);
  });
});

describe('Without a gateway', () => {
  it('a HALT says within a second that nothing was sent, and can be cancelled', async (test) => {
    const gateway = await useIn(test, startGateway({ settings: commands }));
    const client = await connect(test, gateway.url, 'websocket');
    await gateway.stop();
    await waitFor('the loss', () => client.status.transport === undefined);
    const cancelling = new AbortController();
    const told: unknown[] = [];
    const askedAt = performance.now();
    const halt = client.command('HALT', {
      signal: cancelling.signal,
      onProgress: ({ state }) => told.push([state, performance.now() - askedAt < 5000]),
    });
    halt.catch(() => {});
    await waitFor('the news', () => told.length > 0);
    expect(told).toEqual([['unsent', true]]);
    cancelling.abort();
    await expect(halt).rejects.toMatchObject({ code: 'CANCELLED', effect: 'none' });
    await expect(client.command('HALT', { timeoutMs: 1200 })).rejects.toMatchObject({
      code: 'NOT_CONNECTED',
      message: expect.stringContaining('ECONNREFUSED'),
      effect: 'none',
    });
    await expect(client.command('RESUME')).rejects.toMatchObject({ code: 'NOT_CONNECTED', effect: 'none' });
  });

  it.for([true, false])(
    'a HALT is carried out when it comes back, with a WebSocket: %s',
    async (has, test) => {
      const gateway = await useIn(test, startGateway({ settings: commands }));
      const client = await connect(
        test,
        gateway.url,
        has ? 'websocket' : 'sse',
        has ? {} : { WebSocket: null },
      );
      await gateway.stop();
      await waitFor('the loss', () => client.status.transport === undefined);
      let isUnsent = false;
      const halt = client.command('HALT', {
        onProgress({ state }) {
          isUnsent = state === 'unsent';
        },
      });
      await waitFor('the news', () => isUnsent);
      const next = await useIn(test, startGateway({ settings: { ...commands, PORT: `${gateway.port}` } }));
      await expect(halt).resolves.toMatchObject({ command: 'HALT' });
      expect(isUnsent).toBe(false);
      expect(next.engine.market.status()).toBe('HALT');
    },
  );
});

describe('A gateway that takes commands and never answers', () => {
  /** Counts what it is sent. Packets come by Server-Sent Events alone. */
  async function startMute(test: TestScope) {
    const posts: string[] = [];
    const server = createServer((request, response) => {
      if (request.method === 'POST') {
        posts.push(request.url ?? '');
        request.on('data', () => request.socket.resetAndDestroy());
      } else if (request.url?.includes('/stream/')) {
        const welcome = { type: 'WELCOME', seq: 1, epoch: 'e', granted, data: { status: 'ACTIVE' } };
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${JSON.stringify(welcome)}\n\n`);
      } else response.writeHead(405).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    test.onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return { posts, url: `http://127.0.0.1:${address.port}` };
  }

  it('gets a RESUME once, and a HALT again and again', async (test) => {
    const { posts, url } = await startMute(test);
    const client = await connect(test, url, 'sse', { WebSocket: null });
    await expect(client.command('RESUME')).rejects.toMatchObject({ code: 'DISCONNECTED', effect: 'unknown' });
    expect(posts).toEqual(['/api/telemetry/resume']);
    await expect(client.command('HALT', { timeoutMs: 1800 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      effect: 'unknown',
    });
    expect(posts.filter((path) => path.endsWith('/resume'))).toHaveLength(1);
    expect(posts.filter((path) => path.endsWith('/halt')).length).toBeGreaterThan(1);
  });
});

describe('With a token that has expired', () => {
  const expired = (): Promise<string> =>
    secretToken(testClaims({ role: 'operator', exp: Math.floor(Date.now() / 1000) - 60 }), testSecret);
  const good = (): Promise<string> => secretToken(testClaims({ role: 'operator' }), testSecret);
  const start = (test: TestScope) => useIn(test, startGateway({ settings: { AUTH_JWT_SECRET: testSecret } }));

  it('a command says so', async (test) => {
    const gateway = await start(test);
    const client = useClient(test, { url: gateway.url, timing, token: await expired() });
    for (const command of ['HALT', 'RESUME'] as const) {
      await expect(client.command(command)).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        message: 'the token has expired',
        effect: 'none',
      });
    }
  });

  it('a command asks the provider for another, once', async (test) => {
    const gateway = await start(test);
    // Polling alone: nothing else asks for the token between two commands.
    const blocked = { timing: { ...timing, backoffMs: 60_000, backoffMaxMs: 60_000 }, random: () => 1 };
    for (const isGoodAfter of [1, Number.POSITIVE_INFINITY]) {
      let asked = 0;
      const client = useClient(test, {
        url: gateway.url,
        WebSocket: null,
        token() {
          asked += 1;
          return asked > isGoodAfter ? good() : expired();
        },
        ...blocked,
      });
      const halt = client.command('HALT');
      if (isGoodAfter === 1) await expect(halt).resolves.toMatchObject({ command: 'HALT' });
      else await expect(halt).rejects.toMatchObject({ code: 'UNAUTHENTICATED', effect: 'none' });
      client.close();
    }
  });

  it('a command asks the provider for another each time that one has expired', async () => {
    let asked = 0;
    const { fetch, posts } = createScriptedFetch(404);
    const { client } = await connectToFake({
      fetch,
      connect: false,
      token() {
        asked += 1;
        return `token ${asked}`;
      },
    });
    for (let expiry = 1; expiry <= 3; expiry += 1) {
      const halt = client.command('HALT');
      await waitFor('the command', () => posts.length === 2 * expiry - 1);
      posts.at(-1)?.answer({ code: 'UNAUTHENTICATED', detail: '', effect: 'none' }, 401);
      await waitFor('the command with the next token', () => posts.length === 2 * expiry);
      posts.at(-1)?.ack();
      expect(await halt).toMatchObject({ command: 'HALT' });
    }
    expect(asked).toBe(4);
  });
});

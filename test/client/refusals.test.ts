import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Fetch, TelemetryClientOptions } from '../../src/client/types.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { type TestScope, waitFor } from '../support/wait.ts';
import { shortTiming, useClient } from './client-set-up.ts';
import { connectToFake } from './fake-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  const settings = { AUTH_JWT_SECRET: testSecret, ALLOWED_ORIGINS: 'https://dash.example' };
  gateway = await startGateway({ settings });
});
afterAll(() => gateway.stop());

const operator = (): Promise<string> => secretToken(testClaims({ role: 'operator' }), testSecret);
/** Long enough for a test, and long before the client would try again by itself. */
const timing = { ...shortTiming, backoffMaxMs: 60_000 };

/** A client of the gateway that counts what it sends, with an `Origin` where one is given. */
function setUp(test: TestScope, options: Partial<TelemetryClientOptions> = {}, origin?: string) {
  const sent: string[] = [];
  const headers: Record<string, string> = origin === undefined ? {} : { origin };
  class CountedWebSocket extends WebSocket {
    constructor(url: string, protocols: string[]) {
      sent.push('websocket');
      super(url, protocols, { headers });
    }
  }
  const countedFetch: Fetch = (url, init) => {
    sent.push(init.method ?? (url.includes('/stream/') ? 'sse' : 'polling'));
    return fetch(url, { ...init, headers: { ...headers, ...init.headers } });
  };
  const client = useClient(test, {
    url: gateway.url,
    WebSocket: CountedWebSocket,
    fetch: countedFetch,
    timing,
    ...options,
  });
  const becomes = (state: string) =>
    waitFor(state, () => client.status.state === state, { state: () => client.status });
  return { client, sent, becomes };
}

/** A server that answers everything with this. */
async function serve(test: TestScope, status: number, body: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

describe('A client whose token is refused', () => {
  it.for([undefined, 'nonsense'])(
    'is unauthorized after one try a transport, in the gateway’s words: %s',
    async (token, test) => {
      const { client, sent, becomes } = setUp(test, token === undefined ? {} : { token });
      await becomes('unauthorized');
      expect(client.status.reason).toContain('sse: HTTP 401: UNAUTHENTICATED: ');
      expect(client.status.transport).toBeUndefined();
      expect(sent).toEqual(['websocket', 'sse']);
      expect(client.freshness.of()).toMatchObject({ state: 'initializing', error: client.status.reason });
    },
  );

  it('connects with the token that setToken brings', async (test) => {
    const { client, becomes } = setUp(test, { token: 'nonsense' });
    await becomes('unauthorized');
    client.setToken('more nonsense');
    expect(client.status.state).toBe('connecting');
    await becomes('unauthorized');
    client.setToken(operator);
    await becomes('live');
    expect(client.granted?.role).toBe('operator');
  });

  it('tries again when connect is called, and otherwise after a long wait', async (test) => {
    const { client, sent, becomes } = setUp(test, { token: 'nonsense' });
    await becomes('unauthorized');
    const before = sent.length;
    client.connect();
    await waitFor('another try', () => sent.length === 2 * before);
    await becomes('unauthorized');
    const patient = setUp(test, { token: 'nonsense', timing: shortTiming });
    await waitFor('another try', () => patient.sent.length > before);
    await patient.becomes('unauthorized');
  });

  it('asks its provider for one more, however often the same comes', async (test) => {
    let asked = 0;
    const token = (): string => {
      asked += 1;
      return 'nonsense';
    };
    const { client, sent, becomes } = setUp(test, { token });
    await becomes('unauthorized');
    expect(asked).toBe(2);
    expect(sent).toEqual(['websocket', 'websocket', 'sse']);
    expect(client.status.reason).toContain('UNAUTHENTICATED');
  });

  it('is told at once that its HALT had no effect', async (test) => {
    const { client, becomes } = setUp(test, { token: 'nonsense' });
    await becomes('unauthorized');
    await expect(client.command('HALT')).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      effect: 'none',
    });
  });

  it('keeps what it had as the last known where it expires: nothing is fresh', async (test) => {
    const now = Math.floor(Date.now() / 1000);
    const token = await secretToken(testClaims({ iat: now, exp: now + 2 }), testSecret);
    const { client, sent, becomes } = setUp(test, { token });
    await becomes('live');
    await becomes('unauthorized');
    expect(client.status.reason).toBe('websocket: closed with 4401 tokenExpired');
    expect(client.document.market).toBeDefined();
    expect(client.freshness.of('market.price')).toMatchObject({
      state: 'stale',
      error: client.status.reason,
    });
    expect(sent).toEqual(['websocket']);
  });
});

describe('setToken', () => {
  it('ends connections of the token before at once, and keeps the document as the last known', async (test) => {
    const { client, becomes } = setUp(test, { token: operator });
    await becomes('live');
    const { document } = client;
    client.setToken(await secretToken(testClaims({ role: 'viewer' }), testSecret));
    expect(client.status).toMatchObject({ state: 'stale', transport: undefined });
    expect(client.document).toBe(document);
    await becomes('live');
    expect(client.granted?.role).toBe('viewer');
  });

  it('leaves nothing of an operator who logs out', async (test) => {
    const { client, becomes } = setUp(test, { token: operator });
    await becomes('live');
    client.setToken(undefined);
    await becomes('unauthorized');
    await expect(client.command('HALT')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('does nothing after close', async (test) => {
    const { client, sent } = setUp(test);
    client.close();
    const before = sent.length;
    client.setToken('later');
    expect(client.status.state).toBe('closed');
    expect(sent).toHaveLength(before);
  });
});

describe('A client whose origin is refused', () => {
  it('is refused after one try a transport, with what the gateway says to set', async (test) => {
    const { client, sent, becomes } = setUp(test, { token: operator }, 'https://foreign.example');
    await becomes('refused');
    expect(client.status.reason).toContain(
      'sse: HTTP 403: ORIGIN_REFUSED: if its pages are to connect, add "https://foreign.example" to ALLOWED_ORIGINS',
    );
    expect(sent).toEqual(['websocket', 'sse']);
    await expect(client.command('HALT')).rejects.toMatchObject({ code: 'ORIGIN_REFUSED', effect: 'none' });
  });

  it('comes in where the origin is listed', async (test) => {
    const { becomes } = setUp(test, { token: operator }, 'https://dash.example');
    await becomes('live');
  });
});

describe('A refusal by something in between', () => {
  it.for([
    [401, 'unauthorized'],
    [403, 'refused'],
    [421, 'refused'],
  ] as const)('with %i counts where each transport gets it', async ([status, state], test) => {
    const { client, sent, becomes } = setUp(test, { url: await serve(test, status, '<html>') });
    await becomes(state);
    expect(sent).toEqual(['websocket', 'sse', 'polling']);
    expect(client.status.reason).toContain(`polling: HTTP ${status}`);
  });

  it('is asked about again soon: it may be over', async () => {
    const proxy: Fetch = () => Promise.resolve(new Response('<html>', { status: 403 }));
    const { client, sockets, advance } = await connectToFake({ fetch: proxy });
    sockets[0]?.welcome();
    await advance(6000);
    sockets[0]?.end();
    for (let second = 0; client.status.state !== 'refused' && second < 30; second += 1) {
      await advance(1000);
      sockets.at(-1)?.refuse('Unexpected server response: 403');
    }
    expect(client.status.state).toBe('refused');
    const { length } = sockets;
    await advance(30_000);
    expect(sockets.length).toBe(length + 1);
    sockets.at(-1)?.welcome();
    expect(client.status.state).toBe('live');
  });

  it('is not read out of the port of a gateway that is away', async () => {
    const { client, sockets, advance } = await connectToFake();
    sockets[0]?.refuse('connect ECONNREFUSED 127.0.0.1:8403');
    expect(client.status.state).toBe('connecting');
    await advance(1000);
    expect(sockets).toHaveLength(2);
  });

  it('does not count where nobody says why the WebSocket fails', async () => {
    const { client, sockets, advance } = await connectToFake({
      fetch: () => Promise.resolve(new Response('<html>', { status: 403 })),
    });
    for (let second = 0; second < 60; second += 1) {
      sockets.at(-1)?.end();
      await advance(1000);
      expect(client.status.state).toBe('connecting');
    }
    expect(sockets.length).toBeGreaterThan(3);
  });

  it.each([429, 502, 503])('with %i is none: it is tried again and again', async (status) => {
    let asked = 0;
    const { client, sockets, advance } = await connectToFake({
      fetch: () => {
        asked += 1;
        return Promise.resolve(new Response('', { status }));
      },
    });
    for (let second = 0; second < 60; second += 1) {
      sockets.at(-1)?.refuse(`Unexpected server response: ${status}`);
      await advance(1000);
      expect(client.status.state).toBe('connecting');
    }
    expect(sockets.length).toBeGreaterThan(3);
    expect(asked).toBeGreaterThan(3);
  });
});

describe('The question why a WebSocket failed', () => {
  it('is given up where nobody answers it', async () => {
    const signals: AbortSignal[] = [];
    const { sockets, advance } = await connectToFake({
      fetch(_, { method, signal }) {
        if (method === 'HEAD') signals.push(signal);
        return new Promise(() => {});
      },
    });
    for (const _ of [1, 2, 3]) {
      sockets.at(-1)?.end();
      await advance(5000);
    }
    await advance(10_000);
    expect(signals.length).toBeGreaterThan(2);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
  });
});

describe('connect: false', () => {
  it('opens nothing before connect, which may be called again', async () => {
    const { client, sockets, fetched, advance } = await connectToFake({ connect: false });
    await advance(60_000);
    expect(client.status).toMatchObject({ state: 'idle', reason: '', transport: undefined });
    expect(client.freshness.of().state).toBe('initializing');
    expect([sockets.length, fetched.length]).toEqual([0, 0]);
    client.connect();
    client.connect();
    expect(client.status.state).toBe('connecting');
    await advance(0);
    expect(sockets).toHaveLength(1);
    sockets[0]?.welcome();
    client.connect();
    await advance(0);
    expect(sockets).toHaveLength(1);
    expect(client.status.state).toBe('live');
  });

  it('takes changes of the view at once: connect asks for them', async () => {
    const { client, sockets, advance } = await connectToFake({ connect: false });
    expect(await client.setOptions({ interval: 250 })).toBeUndefined();
    expect(client.wanted.interval).toBe(250);
    client.connect();
    await advance(0);
    expect(sockets[0]?.url).toContain('interval=250');
  });

  it('halts by HTTP without connecting', async (test) => {
    const { client, sent } = setUp(test, { token: operator, connect: false });
    expect(await client.command('HALT')).toMatchObject({ command: 'HALT' });
    expect(sent).not.toContain('websocket');
    expect(client.status.state).toBe('idle');
  });

  it('is no way back after close: connect says so', async () => {
    const { client } = await connectToFake({ connect: false });
    client.close();
    expect(() => client.connect()).toThrow('the client is closed');
    expect(client.status.state).toBe('closed');
  });
});

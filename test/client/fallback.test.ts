import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Fetch, TelemetryClientOptions, ViewOptions } from '../../src/client/types.ts';
import { setUpViews } from '../support/view-set-up.ts';
import { type TestScope, waitFor } from '../support/wait.ts';
import { asJson, shortTiming, useClient } from './client-set-up.ts';
import { connectToFake } from './fake-gateway.ts';

/** A gateway, and a client of it whose transports the test can block. */
async function setUp(
  test: TestScope,
  options: Partial<TelemetryClientOptions>,
  blocked: readonly string[] = [],
) {
  const scene = await setUpViews(test);
  const isBlocked = new Set(blocked);
  const attempts: string[] = [];
  class BlockableWebSocket extends WebSocket {
    constructor(url: string, protocols: string[]) {
      attempts.push('websocket');
      super(isBlocked.has('websocket') ? 'ws://127.0.0.1:9' : url, protocols);
    }
  }
  const blockableFetch: Fetch = (url, init) => {
    const transport = url.includes('/api/stream/') ? 'sse' : 'polling';
    attempts.push(transport);
    return isBlocked.has(transport) ? Promise.reject(new TypeError('blocked')) : fetch(url, init);
  };
  const client = useClient(test, {
    url: scene.gateway.url,
    WebSocket: BlockableWebSocket,
    fetch: blockableFetch,
    ...options,
  });
  const becomes = (state: string, transport: string) =>
    waitFor(
      `${state} by ${transport}`,
      () => client.status.state === state && client.status.transport === transport,
      {
        state: () => client.status,
      },
    );
  const follows = async (query = ''): Promise<void> => {
    const price = Math.random();
    scene.publish({ market: { price } });
    await waitFor('the price', () => client.document.market?.price === price);
    expect(asJson(client.document)).toEqual(asJson(await scene.snapshot(query)));
  };
  return { ...scene, client, isBlocked, attempts, becomes, follows };
}

describe('A client that cannot open a WebSocket', () => {
  it.for<ViewOptions>([{}, { mode: 'delta' }])(
    'has the same by Server-Sent Events after three attempts, and goes back by itself: %j',
    async (options, test) => {
      const { client, isBlocked, attempts, becomes, follows } = await setUp(test, options, ['websocket']);
      await becomes('live', 'sse');
      // Beside them it is asked by HTTP why the WebSocket failed.
      const opened = attempts.filter((name) => name !== 'polling');
      expect(opened.slice(0, 4)).toEqual(['websocket', 'websocket', 'websocket', 'sse']);
      expect(client.status.reason).toMatch(/^websocket: no connection .*ECONNREFUSED/);
      expect(client.granted?.mode).toBe(options.mode ?? 'full');
      await follows();
      isBlocked.clear();
      await becomes('live', 'websocket');
      expect(client.status.reason).toBe('');
      await follows();
      const before = attempts.length;
      await follows();
      expect(attempts).toHaveLength(before);
    },
  );

  it('polls where event streams do not get through either, and goes back up by itself', async (test) => {
    const { client, isBlocked, becomes, follows, attempts } = await setUp(test, {}, ['websocket', 'sse']);
    await becomes('polling', 'polling');
    expect(client.status.reason).toMatch(/^websocket: .*; sse: blocked$/);
    expect(client.granted).toBeUndefined();
    await follows();
    isBlocked.delete('sse');
    await becomes('live', 'sse');
    await follows();
    isBlocked.clear();
    await becomes('live', 'websocket');
    await follows();
    const polls = attempts.filter((name) => name === 'polling').length;
    await follows();
    expect(attempts.filter((name) => name === 'polling')).toHaveLength(polls);
  });

  it('polls each 10 s while the view is paused, and calls no figure fresh until it is whole again', async () => {
    let price = 1;
    let polls = 0;
    const { client, advance } = await connectToFake({
      WebSocket: null,
      interval: 'pause',
      fetch(url) {
        if (url.includes('stream')) return Promise.reject(new Error('blocked'));
        polls += 1;
        const sources = { state: { status: 'fresh', since: '' } };
        return Promise.resolve(Response.json({ status: 'ACTIVE', market: { price }, sources }));
      },
    });
    const fresh = () =>
      ['market.price', 'status'].filter((path) => client.freshness.of(path).state === 'fresh');
    await advance(0);
    await advance(0);
    expect([client.status.state, fresh()]).toEqual(['polling', ['status']]);
    const before = polls;
    await advance(10_000);
    await advance(0);
    expect(polls - before).toBe(1);

    price = 2;
    const shown: unknown[] = [];
    client.on('freshness', () => shown.push(...fresh(), client.document.market?.price));
    const changing = client.setOptions({ interval: 0 });
    expect(fresh()).toEqual(['status']);
    await advance(0);
    await advance(0);
    await changing;
    expect(fresh()).toEqual(['market.price', 'status']);
    expect(shown).toEqual(['market.price', 'status', 2]);
  });

  it('tells of a view that the gateway does not have, and has another one when asked', async (test) => {
    const { client, becomes } = await setUp(test, { symbol: 'NOPE' }, ['websocket', 'sse']);
    const told = new Promise((resolve) => client.on('error', ({ code }) => resolve(code)));
    expect(await told).toBe('UNKNOWN_SYMBOL');
    await client.setOptions({ symbol: null });
    await becomes('polling', 'polling');
  });

  it('takes what was wrong with a view for no fault of the one that was asked for since', async (test) => {
    let answer: (() => void) | undefined;
    const { client } = await setUp(
      test,
      {
        symbol: 'NOPE',
        // No attempt fails between the question and its answer.
        timing: { ...shortTiming, backoffMs: 300, backoffMaxMs: 300 },
        async fetch(url, init) {
          if (url.includes('/api/stream/')) throw new TypeError('blocked');
          const response = await fetch(url, init);
          const answered = new Response(init.method === 'HEAD' ? null : await response.text(), response);
          // The first is the question why the WebSocket failed.
          if (answer === undefined && init.method !== 'HEAD') {
            await new Promise<void>((resolve) => {
              answer = resolve;
            });
          }
          return answered;
        },
      },
      ['websocket'],
    );
    await waitFor('the question', () => answer !== undefined);
    const changed = client.setOptions({ symbol: null });
    answer?.();
    await changed;
    expect(client.status.transport).toBe('polling');
  });

  it('keeps its document, as the same object, while polls bring nothing new', async (test) => {
    const { client, becomes, attempts } = await setUp(test, {}, ['websocket', 'sse']);
    await becomes('polling', 'polling');
    const { document } = client;
    const before = attempts.length;
    await waitFor('further polls', () => attempts.length > before + 20);
    expect(client.document).toBe(document);
    expect(client.stats.full).toBeLessThanOrEqual(3);
  });

  it('changes its view there, too', async (test) => {
    // Whatever is refused is refused by the gateway's word, not because time is up.
    const timing = { ...shortTiming, answerMs: 60_000 };
    for (const blocked of [['websocket'], ['websocket', 'sse']]) {
      const { client, becomes, follows } = await setUp(test, { timing }, blocked);
      await waitFor('a document', () => client.status.transport !== undefined);
      const polls = blocked.includes('sse');
      await (polls ? becomes('polling', 'polling') : becomes('live', 'sse'));
      const sections = await client.setOptions({ sections: ['market'] });
      expect(sections?.sections).toEqual(polls ? undefined : ['market']);
      expect(client.document).not.toHaveProperty('logs');
      await follows('?sections=market');
      await expect(client.setOptions({ sections: ['none'] })).rejects.toMatchObject({
        code: 'BAD_OPTION',
        message: expect.stringContaining('no section "none"'),
        command: 'SUBSCRIBE',
      });
      expect(client.wanted.sections).toEqual(['market']);
      await follows('?sections=market');
    }
  });

  it('says what the gateway answers', async (test) => {
    const { gateway } = await setUpViews(test);
    const client = useClient(test, { url: gateway.url, WebSocket: null, sections: ['none'] });
    await waitFor('the reason', () => client.status.reason.includes('polling'));
    expect(client.status.state).toBe('connecting');
    expect(client.status.reason).toContain('sse: HTTP 400: BAD_OPTION: sections: no section "none"');
  });
});

describe('Fallback', () => {
  it('is not tried before the third failure, and goes on while the WebSocket keeps failing', async () => {
    const { sockets, fetched, advance } = await connectToFake({ mode: 'delta' });
    for (let failed = 1; failed <= 3; failed += 1) {
      expect(fetched.filter((url) => url.includes('/stream/'))).toEqual([]);
      const before = sockets.length;
      sockets.at(-1)?.end();
      while (failed < 3 && sockets.length === before) await advance(100);
    }
    await advance(0);
    expect(fetched.at(-1)).toBe('https://gateway.example/prefix/api/telemetry?mode=delta');
    expect(fetched).toContain('https://gateway.example/prefix/api/stream/telemetry?mode=delta');
    for (let second = 0; second < 60; second += 1) await advance(1000);
    expect(fetched.filter((url) => url.includes('/stream/')).length).toBeGreaterThan(3);
    expect(sockets.length).toBeGreaterThan(3);
  });

  it('waits as long as a refusal asks', async () => {
    const times: number[] = [];
    const { clock, advance } = await connectToFake({
      WebSocket: null,
      fetch: () => {
        times.push(clock?.monotonic() ?? 0);
        return Promise.resolve(new Response('{}', { status: 503, headers: { 'retry-after': '20' } }));
      },
    });
    for (let second = 0; second < 19; second += 1) await advance(1000);
    expect(times.filter((time) => time > 1000)).toEqual([]);
    await advance(2000);
    expect(times.length).toBeGreaterThan(2);
  });

  it('waits no longer than for anything else where a proxy asks for a day', async () => {
    const times: number[] = [];
    const { clock, advance } = await connectToFake({
      WebSocket: null,
      fetch: () => {
        times.push(clock?.monotonic() ?? 0);
        return Promise.resolve(new Response('', { status: 503, headers: { 'retry-after': '86400' } }));
      },
    });
    for (let second = 0; second < 31; second += 1) await advance(1000);
    expect(times.filter((time) => time > 1000).length).toBeGreaterThan(0);
  });

  it('takes no page of somebody else for an event stream', async () => {
    const page = (): Response => new Response('<html>', { headers: { 'content-type': 'text/html' } });
    const { client, advance } = await connectToFake({
      WebSocket: null,
      fetch: () => Promise.resolve(page()),
    });
    await advance(0);
    await advance(0);
    expect(client.status.state).toBe('connecting');
    expect(client.status.reason).toMatch(/^sse: no event stream; polling: Unexpected token/);
  });
});

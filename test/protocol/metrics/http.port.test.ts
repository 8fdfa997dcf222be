import { createContext, runInContext } from 'node:vm';
import { EventSource } from 'undici';
import { describe, expect, it } from 'vitest';
import { openEventStream } from '../../support/event-stream-client.ts';
import { nowhere, startGateway } from '../../support/gateway.ts';
import { type MetricsAnswer, snapshotOf, startMetricsEngine } from '../../support/metrics-engine.ts';
import { codeWith } from '../../support/pages.ts';
import { type TestScope, useIn, waitFor } from '../../support/wait.ts';

/** A gateway before an engine over real HTTP. */
async function setUp(test: TestScope, first: Partial<MetricsAnswer> = {}, settings = {}) {
  const engine = await useIn(test, startMetricsEngine(first));
  const gateway = await useIn(
    test,
    startGateway({ engine: false, settings: { ENGINE_URL: engine.url, ...settings } }),
  );
  return {
    engine,
    gateway,
    get: (query = '', init: RequestInit = {}) => fetch(`${gateway.url}/api/metrics/overview${query}`, init),
    stream: (query = '', headers = {}) =>
      useIn(test, openEventStream(`${gateway.url}/api/stream/metrics${query}`, headers)),
  };
}

describe('GET /api/metrics/overview', () => {
  it('costs the engine one request a second, and none while the range is watched', async (test) => {
    const { engine, get, stream } = await setUp(test);
    const answers = await Promise.all(Array.from({ length: 20 }, () => get('?hours=5')));
    expect(await answers[0]?.json()).toMatchObject({ overview: { hours: 5 }, timestamp: expect.any(Number) });
    expect(engine.requests.map(({ hours }) => hours)).toEqual(['5']);
    await (await stream('?hours=7&interval=60')).next();
    await Promise.all([get('?hours=7'), get('?hours=7')]);
    expect(engine.count(7)).toBe(1);
    await waitFor('another request, as the last answer is a second old', async () => {
      await get('?hours=5');
      return engine.count(5) === 2;
    });
  });

  it.for([
    ['', '24'],
    ['?hours=0', '1'],
    ['?hours=999', '168'],
    ['?hours=12.9', '12'],
  ])('takes %j as %s hours', async ([query, hours], test) => {
    const { engine, get } = await setUp(test);
    expect((await get(query)).status).toBe(200);
    expect(engine.requests.map((request) => request.hours)).toEqual([hours]);
  });

  it.for(['abc', '', 'true', '5&hours=6'])(
    'refuses hours=%s, and says what is right',
    async (hours, test) => {
      const { engine, get } = await setUp(test);
      const answer = await get(`?hours=${hours}`);
      expect([answer.status, await answer.json()]).toEqual([
        400,
        expect.objectContaining({ code: 'BAD_OPTION', detail: expect.stringMatching(/^hours: .*expected/) }),
      ]);
      expect(engine.requests).toEqual([]);
    },
  );

  it('answers 304 while only the time of the snapshot moves', async (test) => {
    const { engine, get } = await setUp(test);
    const etag = (await get()).headers.get('etag') ?? '';
    const again = () => get('', { headers: { 'if-none-match': etag } });
    expect((await again()).status).toBe(304);
    await waitFor('a fresh poll', async () => {
      expect((await again()).status).toBe(304);
      return engine.count(24) > 1;
    });
    engine.set({ snapshot: snapshotOf(2) });
    const changed = await waitFor('the change', async () => {
      const answer = await again();
      return answer.status === 200 && answer;
    });
    expect(changed.headers.get('etag')).not.toBe(etag);
  });

  it('answers a HEAD with the headers alone', async (test) => {
    const { get } = await setUp(test);
    const answer = await get('', { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(answer.headers.get('etag')).toMatch(/^(W\/)?".+-\d+"$/);
  });

  it('marks what it holds as stale while the engine fails, and says when it is not', async (test) => {
    const { engine, get } = await setUp(test);
    const etag = (await get()).headers.get('etag') ?? '';
    const again = () => get('', { headers: { 'if-none-match': etag } });
    engine.set({ status: 500 });
    const stale = await waitFor('a stale answer', async () => {
      const answer = await again();
      return answer.headers.get('x-telemetry-state') === 'stale' && answer;
    });
    // The client that held it as live must not take it for that.
    expect([stale.status, await stale.json()]).toMatchObject([
      200,
      snapshotOf(1) && { overview: { hours: 24 } },
    ]);
    engine.set({ status: 200 });
    const live = await waitFor('a live answer', async () => {
      const answer = await get('', { headers: { 'if-none-match': stale.headers.get('etag') ?? '' } });
      return answer.headers.get('x-telemetry-state') === null && answer;
    });
    expect(live.status).toBe(200);
  });

  it.for([
    ['an engine that fails', { status: 500 }, 'the engine failed to answer (HTTP 500)'],
    ['an engine without it', { status: 404 }, 'it has nothing at /api/metrics/overview (HTTP 404)'],
    ['an engine that hangs', { hangs: true }, 'no complete answer in 300 ms'],
  ] as const)('answers 503 where nothing is held of %s', async ([, answer, detail], test) => {
    const { get } = await setUp(test, answer, { POLL_TIMEOUT_MS: '300' });
    const refused = await get();
    expect([refused.status, refused.headers.get('content-type')]).toEqual([503, 'application/problem+json']);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ code: 'NO_DATA', detail: expect.stringContaining(detail) });
  });

  it('answers 503 where the engine cannot be reached', async (test) => {
    const { get } = await setUp(test, {}, { ENGINE_URL: nowhere });
    expect(await (await get()).json()).toMatchObject({ code: 'NO_DATA', status: 503 });
  });

  it('takes what a sloppy engine answers', async (test) => {
    const { get } = await setUp(test, {
      snapshot: '{"tasks":{"total":NaN,"running":12345678901234567890},"activity":[],"timestamp":5.25}',
    });
    expect(await (await get()).json()).toEqual({
      overview: { tasks: { total: null, running: 12_345_678_901_234_567_000 } },
      activity: [],
      timestamp: 5.25,
    });
  });
});

describe('GET /api/stream/metrics', () => {
  it('sends the bare snapshot at once, without a name, and then each change', async (test) => {
    const { engine, stream } = await setUp(test);
    const viewer = await stream('?hours=5&interval=1');
    expect(viewer.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': expect.stringContaining('no-cache'),
      'x-accel-buffering': 'no',
    });
    const first = await viewer.next();
    expect(first.packet.body).toMatchObject({ overview: { hours: 5 }, timestamp: expect.any(Number) });
    expect(first.id).toMatch(/^.+-\d+$/);
    await engine.asked(5, 4);
    expect(viewer.events).toHaveLength(1);
    engine.set({ snapshot: snapshotOf(2) });
    const second = await viewer.next();
    expect(second.packet.body).toMatchObject({ overview: { claude_api: { total_requests: 2 } } });
    expect(second.id).not.toBe(first.id);
    expect(viewer.otherLines.filter((line) => line !== '')).toEqual(['retry: 2000']);
  });

  it('sends one who comes back nothing until something has changed', async (test) => {
    const { engine, stream } = await setUp(test);
    const first = await stream('?interval=1');
    const { id } = await first.next();
    await first.stop();
    const back = await stream('?interval=1', { 'last-event-id': id });
    const asked = engine.count(24);
    await engine.asked(24, asked + 2);
    expect(back.events).toEqual([]);
    engine.set({ snapshot: snapshotOf(2) });
    expect((await back.next()).packet.body).toMatchObject({
      overview: { claude_api: { total_requests: 2 } },
    });
  });

  it('is shown by the lines of its page, which say when it is not live', async (test) => {
    const { engine, gateway } = await setUp(test);
    const printed: string[] = [];
    const open: EventSource[] = [];
    test.onTestFinished(() => {
      for (const source of open) source.close();
    });
    const page = createContext({
      EventSource: function connect(url: string): EventSource {
        const source = new EventSource(url);
        open.push(source);
        return source;
      },
      console: { log: (...words: unknown[]) => printed.push(JSON.stringify(words)) },
    });
    const code = codeWith("addEventListener('error_info'");
    runInContext(code.replaceAll('localhost:3000', `127.0.0.1:${gateway.port}`), page);
    const tasks = { total: 42, running: 3, completed: 35, failed: 4 };
    await waitFor('the tasks', () => printed.includes(JSON.stringify([tasks])));
    engine.set({ status: 500 });
    await waitFor('the fault', () => printed.some((line) => /not live.*500/.test(line)));
  });

  it('tells a fault by an event of another name, without an id, and goes on', async (test) => {
    const { engine, stream } = await setUp(test);
    const viewer = await stream('?interval=1');
    const { id } = await viewer.next();
    engine.set({ status: 500 });
    const { packet, id: none } = await viewer.next(({ body }) => 'error' in body);
    expect([packet.body, none]).toEqual([
      { error: expect.stringContaining('HTTP 500'), timestamp: expect.any(Number) },
      '',
    ]);
    expect(viewer.otherLines).toContain('event: error_info');
    engine.set({ status: 200 });
    const again = await viewer.next();
    expect(again.packet.body).toMatchObject({ overview: { hours: 24 } });
    expect(again.id).not.toBe(id);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConnectionStatus, PathFreshness, TelemetryDocument } from '../../src/client/index.ts';
import type { HistoryPoint, HistoryQuery } from '../../src/dashboard/model/history.ts';
import { isConnected, wasFresh } from '../../src/dashboard/model/knowledge.ts';
import { Recorder, type RecorderOptions } from '../../src/dashboard/model/recorder.ts';
import type { TestScope } from '../support/wait.ts';

const start = 1_800_000_000_000;
const gap = Number.NaN;
const second = 1000;

const documentOf = (
  price: number,
  symbol = 'SPY',
  status: 'fresh' | 'stale' = 'fresh',
  live: readonly string[] = [],
): TelemetryDocument => ({
  status: 'ACTIVE',
  market: { symbol, price },
  portfolio: { daily_pnl: price * 2 },
  agents: { Macro: { latency_ms: price / 10 } },
  sources: {
    state: { status, since: '', live },
    agents: { status, since: '' },
    models: { status, since: '' },
  },
});

const plain = { mode: 'full', encoding: 'json', sections: null } as const;

/** A recorder with a client that a test speaks for, and a history that answers when it says so. */
function setUp(test: TestScope, symbol: string | null = null) {
  type State = ConnectionStatus['state'];
  const client: { document: TelemetryDocument; status: ConnectionStatus; interval: 0 | 'pause' } = {
    document: {},
    status: statusOf('connecting'),
    interval: 0,
  };
  const listeners = { update: new Set<() => void>(), freshness: new Set<() => void>() };
  const of = (path = ''): PathFreshness => ({
    state:
      isConnected(client.status) && client.interval === 0 && wasFresh(client.document, path)
        ? 'fresh'
        : 'stale',
    since: undefined,
    error: undefined,
    ageMs: undefined,
  });
  const asked: HistoryQuery[] = [];
  let answer: (query: HistoryQuery) => Promise<readonly HistoryPoint[]> = async () => [];
  let since: number | undefined;
  const options: RecorderOptions = {
    client: {
      get document() {
        return client.document;
      },
      get status() {
        return client.status;
      },
      freshness: { of, isFresh: true, silentMs: 0, unchangedMs: 0, sources: 'fresh' },
      granted: undefined,
      get wanted() {
        return { ...plain, interval: client.interval, symbol };
      },
      on: (event, listener) => {
        const own = event === 'update' ? listeners.update : listeners.freshness;
        const call = (): void => Reflect.apply(listener, undefined, [undefined]);
        own.add(call);
        return () => own.delete(call);
      },
    },
    async fetchHistory(query) {
      asked.push(query);
      return { points: await answer(query), since };
    },
  };
  const recorder = new Recorder(options);
  test.onTestFinished(() => recorder.close());
  return {
    recorder,
    asked,
    history: (next: typeof answer) => {
      answer = next;
    },
    remembers: (next: number) => {
      since = next;
    },
    async say(document: TelemetryDocument, state: State = 'live') {
      client.document = document;
      client.status = statusOf(state);
      for (const listener of listeners.update) listener();
      await vi.advanceTimersByTimeAsync(0);
    },
    async pause(interval: 0 | 'pause') {
      client.interval = interval;
      for (const listener of listeners.freshness) listener();
      await vi.advanceTimersByTimeAsync(0);
    },
    async become(state: State) {
      client.status = statusOf(state);
      for (const listener of listeners.freshness) listener();
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

function statusOf(state: ConnectionStatus['state']): ConnectionStatus {
  return { state, reason: '', transport: state === 'live' ? 'websocket' : undefined, since: 0 };
}

describe('Recorder', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: start });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('begins with the past that the gateway tells, and goes on with what comes in', async (test) => {
    const { recorder, asked, history, say } = setUp(test);
    history(async () => [
      { at: start - 3 * second, document: documentOf(10) },
      { at: start - second, document: documentOf(12) },
    ]);
    await say(documentOf(13));
    await vi.advanceTimersByTimeAsync(2 * second);
    await say(documentOf(14));
    expect(recorder.price.read()).toMatchObject({
      from: start - 3 * second,
      values: [10, 10, 12, 13, 13, 14],
    });
    expect(recorder.profit.read().values).toEqual([20, 20, 24, 26, 26, 28]);
    expect(recorder.latencies.get('agents', 'Macro')?.read().values.at(0)).toBe(1);
    expect(asked.map(({ sections }) => sections.join())).toEqual(['market,portfolio', 'agents,models']);
    expect(asked[0]).toMatchObject({ seconds: 600, step: 1 });
  });

  it('asks after an interruption for what it missed, and fills the hole with it', async (test) => {
    const { recorder, asked, history, say, become } = setUp(test);
    await say(documentOf(10));
    await become('stale');
    await vi.advanceTimersByTimeAsync(5 * second);
    expect(recorder.price.read().values).toEqual([10, gap, gap, gap, gap, gap]);
    history(async () => [{ at: start + 2 * second, document: documentOf(12) }]);
    asked.length = 0;
    await say(documentOf(15));
    expect(asked[0]).toMatchObject({ seconds: 6 });
    expect(recorder.price.read().values).toEqual([10, gap, 12, 12, 12, 15]);
  });

  it('leaves a hole no wider than the outage where the gateway forgot everything', async (test) => {
    const { recorder, history, say, become } = setUp(test);
    await say(documentOf(10));
    await become('stale');
    await vi.advanceTimersByTimeAsync(3 * second);
    const nothingYet = { ...documentOf(0, '', 'stale'), status: 'INITIALIZING' as const };
    history(async () => [{ at: start + 3 * second, document: nothingYet }]);
    await say({}, 'connecting');
    await vi.advanceTimersByTimeAsync(second);
    await say(documentOf(14));
    expect(recorder.price.read().values).toEqual([10, gap, gap, gap, 14]);
  });

  it('has a gap while the engine does not answer, except for what events keep current', async (test) => {
    const { recorder, say } = setUp(test);
    await say(documentOf(10));
    await vi.advanceTimersByTimeAsync(second);
    await say(documentOf(10, 'SPY', 'stale'));
    await vi.advanceTimersByTimeAsync(2 * second);
    await say(documentOf(11, 'SPY', 'stale', ['market.price']));
    await vi.advanceTimersByTimeAsync(second);
    expect(recorder.price.read().values).toEqual([10, 10, gap, 11, 11]);
    expect(recorder.profit.read().values).toEqual([20, 20, gap, gap, gap]);
    // No longer, and with no other value.
    await say(documentOf(11, 'SPY', 'stale'));
    await vi.advanceTimersByTimeAsync(second);
    expect(recorder.price.read().values).toEqual([10, 10, gap, 11, 11, gap]);
  });

  it('takes of the past what was current then', async (test) => {
    const { recorder, history, say } = setUp(test);
    history(async () => [
      { at: start - 8 * second, document: documentOf(10) },
      { at: start - 7 * second, document: documentOf(11, 'SPY', 'stale') },
      { at: start - 5 * second, document: documentOf(12, 'SPY', 'stale', ['market']) },
      { at: start - 4 * second, document: { ...documentOf(0, 'SPY', 'stale'), status: 'INITIALIZING' } },
    ]);
    await say(documentOf(13));
    // A second in part of which it was current is shown.
    expect(recorder.price.read().values).toEqual([10, 10, gap, 12, 12, gap, gap, gap, 13]);
    expect(recorder.profit.read().values).toEqual([20, 20, gap, gap, gap, gap, gap, gap, 26]);
  });

  it('begins anew with another symbol, and takes no past of the one before', async (test) => {
    const { recorder, history, say } = setUp(test);
    const answers: (() => void)[] = [];
    history(async ({ sections }) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      return sections.includes('market') ? [{ at: start - second, document: documentOf(1) }] : [];
    });
    await say(documentOf(10));
    await say(documentOf(500, 'QQQ'));
    answers.shift()?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(recorder.price.read().values).toEqual([500]);
    history(async () => [{ at: start - second, document: documentOf(499, 'QQQ') }]);
    await vi.advanceTimersByTimeAsync(second);
    expect(recorder.price.read().values).toEqual([499, 500, 500]);
  });

  it('asks for the past of the symbol that is wanted where none is granted, as while it polls', async (test) => {
    const { recorder, asked, history, say } = setUp(test, 'QQQ');
    history(async ({ symbol }) => [
      { at: start - second, document: documentOf(symbol === 'QQQ' ? 499 : 1, symbol) },
    ]);
    await say(documentOf(500, 'QQQ'), 'polling');
    expect(asked.map(({ symbol }) => symbol)).toEqual(['QQQ', 'QQQ']);
    expect(recorder.price.read().values).toEqual([499, 500]);
  });

  it('has what was missed while the view was paused, and asks for it once somebody looks', async (test) => {
    const { recorder, asked, history, say, pause } = setUp(test);
    await say(documentOf(10));
    const before = asked.length;
    await pause('pause');
    await vi.advanceTimersByTimeAsync(3 * second);
    expect([recorder.price.read().values, asked.length]).toEqual([[10, gap, gap, gap], before]);
    history(async () => [
      { at: start + second, document: documentOf(11) },
      { at: start + 3 * second, document: documentOf(13) },
    ]);
    await pause(0);
    expect(recorder.price.read().values).toEqual([10, 11, 11, 10]);
    expect(asked[before]).toMatchObject({ seconds: 4 });
  });

  it('has a longer past where somebody looks at it and the gateway remembers so much', async (test) => {
    const { recorder, asked, history, remembers, say } = setUp(test);
    remembers(start - 5000 * second);
    await say(documentOf(10));
    expect(Math.round(recorder.pastSeconds)).toBe(5000);
    history(async () => [{ at: start - 3000 * second, document: documentOf(7) }]);
    recorder.show(3600);
    await vi.advanceTimersByTimeAsync(0);
    expect(asked.at(-1)).toEqual({ seconds: 3600, step: 5, symbol: undefined, sections: ['market'] });
    const { stepMs, from, values } = recorder.price.read(3600);
    expect([stepMs, from, values.length, values[0], values.at(-1)]).toEqual([
      5000,
      start - 3000 * second,
      601,
      7,
      10,
    ]);
    const before = asked.length;
    recorder.show(600);
    recorder.show(3600);
    await vi.advanceTimersByTimeAsync(second);
    expect(asked).toHaveLength(before);
    await say(documentOf(499, 'QQQ'));
    expect(recorder.price.read(3600).values).not.toContain(10);
  });

  it('draws no point of another symbol', async (test) => {
    const { recorder, history, say } = setUp(test);
    history(async () => [
      { at: start - 3 * second, document: documentOf(1, 'SPY') },
      { at: start - second, document: documentOf(499, 'QQQ') },
    ]);
    await say(documentOf(500, 'QQQ'));
    expect(recorder.price.read().values).toEqual([499, 500]);
    expect(recorder.profit.read().values).toEqual([998, 1000]);
  });

  it('knows no symbol while the view is without the market, and begins anew when it is back', async (test) => {
    const { recorder, history, say } = setUp(test);
    await say(documentOf(10));
    const { market: _, ...rest } = documentOf(10);
    history(async () => [{ at: start - second, document: { ...documentOf(7, 'QQQ') } }]);
    await say(rest);
    expect(recorder.profit.read().values[0]).toBe(14);
    await say(documentOf(500, 'QQQ'));
    expect(recorder.price.read().values).toEqual([7, 500]);
  });

  it('asks again later where the history cannot be had', async (test) => {
    const { recorder, asked, history, say } = setUp(test);
    history(() => Promise.reject(new Error('the gateway answered 503')));
    await say(documentOf(10));
    await vi.advanceTimersByTimeAsync(4 * second);
    expect(asked).toHaveLength(1);
    history(async () => [{ at: start - second, document: documentOf(9) }]);
    await vi.advanceTimersByTimeAsync(second);
    expect(recorder.price.read().values[0]).toBe(9);
  });

  it('forgets an agent that is gone', async (test) => {
    const { recorder, say } = setUp(test);
    await say(documentOf(10));
    await say({ ...documentOf(10), agents: { Other: { latency_ms: 1 } } });
    expect(recorder.latencies.get('agents', 'Macro')).toBeUndefined();
    expect(recorder.latencies.get('agents', 'Other')?.read().values).toEqual([1]);
  });
});

import { describe, expect, it } from 'vitest';
import type { ConnectionStatus } from '../../src/client/index.ts';
import { describeSituation, type SituationInput } from '../../src/dashboard/model/situation.ts';

const now = 1_800_000_000_000;
const sources = (state: 'fresh' | 'stale' | 'down', agents: 'fresh' | 'stale' | 'down' = state) => ({
  state: { status: state, since: '' },
  agents: { status: agents, since: '' },
});
const status = (change: Partial<ConnectionStatus> = {}): ConnectionStatus => ({
  state: 'live',
  reason: '',
  transport: 'websocket',
  since: now - 12_000,
  ...change,
});
const say = (change: Partial<SituationInput>) =>
  describeSituation({
    status: status(),
    engineStatus: 'ACTIVE',
    sources: sources('fresh'),
    freshness: { state: 'fresh', error: undefined },
    live: [],
    now,
    awaySince: undefined,
    isOnline: true,
    ...change,
  });
const stale = { state: 'stale', error: 'no answer in time' } as const;
const standing = {
  state: 'stale',
  error: 'the engine answers, but its timestamp stands still since 2026-01-01T08:00:00.000Z',
} as const;
const lost = status({ state: 'stale', transport: undefined });
const unserved = 'websocket: closed with 1006; polling: HTTP 404: NOT_FOUND: GET /api/telemetry';
const nothing = { state: 'connecting', transport: undefined } as const;

describe('What the page says of its situation', () => {
  it.for<[string, Partial<SituationInput>, string]>([
    ['live', {}, 'Live · 2 sources fresh'],
    ['partly', { sources: sources('fresh', 'down') }, 'Live · 1 source fresh, no news of agents'],
    ['halted', { engineStatus: 'HALT' }, 'Trading is halted · 2 sources fresh'],
    ['status-unknown', { engineStatus: null }, 'Live · the engine’s status is unknown · 2 sources fresh'],
    [
      'polling',
      { status: status({ state: 'polling', transport: 'polling' }) },
      'Live updates unavailable: polling · 2 sources fresh',
    ],
    ['fallback', { status: status({ transport: 'sse' }) }, 'Live, without WebSocket · 2 sources fresh'],
    [
      'engine-away',
      { freshness: stale, awaySince: now - 12_000 },
      'Engine stopped answering 12 s ago: values are the last known',
    ],
    [
      'engine-away',
      { freshness: stale, awaySince: now - 12_000, live: ['market.price', 'market.symbol'] },
      'Engine stopped answering 12 s ago: price is live by events, the rest is the last known',
    ],
    [
      'engine-away',
      { freshness: stale, live: ['market.price', 'portfolio.daily_pnl', 'signal'] },
      'Engine stopped answering: price, daily pnl and signal are live by events, the rest is the last known',
    ],
    [
      'engine-away',
      { freshness: stale, live: ['a.b', 'a.c', 'a.d', 'a.e'] },
      'Engine stopped answering: 4 values are live by events, the rest is the last known',
    ],
    [
      'standing-still',
      { freshness: standing, awaySince: now - 12_000 },
      'The engine answers, but its timestamp stands still since 2026-01-01T08:00:00.000Z: values are the last known',
    ],
    [
      'standing-still',
      { freshness: standing, live: ['market.price'] },
      'The engine answers, but its timestamp stands still since 2026-01-01T08:00:00.000Z: price is live by events, the rest is the last known',
    ],
    [
      'waiting',
      { status: status({ state: 'connecting', reason: 'the engine has not answered yet' }) },
      'The engine has not answered yet: no figures are known',
    ],
    [
      'silent',
      { status: status({ state: 'connecting', reason: 'silent' }) },
      'Gateway silent: no figures are known',
    ],
    [
      'unreachable',
      { status: lost },
      'Reconnecting: gateway unreachable for 12 s: values are the last known',
    ],
    [
      'unauthorised',
      { status: status({ state: 'unauthorized', transport: undefined }), isOnline: false },
      'The gateway wants another token: enter one below. Until then, values are the last known',
    ],
    [
      'refused',
      { status: status({ state: 'refused', transport: undefined }) },
      'The gateway does not let this page in: see below. Until then, values are the last known',
    ],
    [
      'refused',
      { status: status({ state: 'refused', transport: undefined }), sources: {} },
      'The gateway does not let this page in: see below',
    ],
    [
      'unreachable',
      { status: status({ state: 'closed', transport: undefined }) },
      'Disconnected for 12 s: values are the last known',
    ],
    [
      'unreachable',
      { status: lost, isOnline: false },
      'This device has been offline for 12 s: values are the last known',
    ],
    ['silent', { status: status({ state: 'stale' }) }, 'Gateway silent for 12 s: values are the last known'],
    ['connecting', { status: status(nothing) }, 'Connecting to the gateway …'],
    [
      'connecting',
      { status: status({ ...nothing, reason: 'websocket: closed' }) },
      'Gateway unreachable, trying again and again',
    ],
    [
      'connecting',
      { status: status({ ...nothing, reason: 'polling: HTTP 404: the proxy knows no gateway' }) },
      'Gateway unreachable, trying again and again',
    ],
    [
      'unserved',
      { status: status({ ...nothing, reason: unserved }) },
      'This gateway serves no telemetry (“telemetry” is not among its DIALECTS)',
    ],
    [
      'unserved',
      { status: { ...lost, reason: unserved } },
      'This gateway serves no telemetry (“telemetry” is not among its DIALECTS): values are the last known',
    ],
    [
      'unauthorised',
      { status: status({ state: 'unauthorized', transport: undefined }), sources: {} },
      'This gateway wants a token: enter one below',
    ],
  ])('%s', ([kind, input, text]) => {
    expect(say(input)).toMatchObject({ kind, text });
  });

  it('is not read out anew with each second that passes', () => {
    for (const input of [{ status: lost }, { freshness: stale, awaySince: now }]) {
      const [sooner, later] = [say(input), say({ ...input, now: now + 60_000 })];
      expect(later.text).not.toBe(sooner.text);
      expect(later.announcement).toBe(sooner.announcement);
    }
  });
});

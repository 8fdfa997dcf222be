import { describe, expect, it } from 'vitest';
import type { ConnectionStatus, TelemetryDocument } from '../../src/client/index.ts';
import { describeSituation, type SituationInput } from '../../src/dashboard/model/situation.ts';

const now = 1_800_000_000_000;
const sources = (state: 'fresh' | 'stale' | 'down', agents: 'fresh' | 'stale' | 'down' = state) => ({
  state: { status: state, since: '' },
  agents: { status: agents, since: '' },
});
const active: TelemetryDocument = { status: 'ACTIVE', sources: sources('fresh') };
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
    document: active,
    now,
    awaySince: undefined,
    isUnauthorised: false,
    isOnline: true,
    ...change,
  });
const lost = status({ state: 'stale', transport: undefined });

describe('What the page says of its situation', () => {
  it.for<[string, Partial<SituationInput>, string]>([
    ['live', {}, 'Live · 2 sources fresh'],
    [
      'partly',
      { document: { ...active, sources: sources('fresh', 'down') } },
      'Live · 1 source fresh, no news of agents',
    ],
    ['halted', { document: { ...active, status: 'HALT' } }, 'Trading is halted · 2 sources fresh'],
    [
      'polling',
      { status: status({ state: 'polling', transport: 'polling' }) },
      'Live updates unavailable: polling · 2 sources fresh',
    ],
    ['fallback', { status: status({ transport: 'sse' }) }, 'Live, without WebSocket · 2 sources fresh'],
    [
      'engine-away',
      { document: { ...active, sources: sources('stale') }, awaySince: now - 12_000 },
      'Engine stopped answering 12 s ago: values are the last known',
    ],
    [
      'waiting',
      { document: { status: 'INITIALIZING', sources: sources('down') } },
      'The engine has not answered yet: no figures are known',
    ],
    [
      'unreachable',
      { status: lost },
      'Reconnecting: gateway unreachable for 12 s: values are the last known',
    ],
    [
      'unauthorised',
      { status: lost, isUnauthorised: true, isOnline: false },
      'The gateway wants another token: enter one under Connection. Until then, values are the last known',
    ],
    [
      'silent',
      { status: status({ state: 'stale' }), isUnauthorised: true },
      'Gateway silent for 12 s: values are the last known',
    ],
    [
      'unreachable',
      { status: status({ state: 'closed', transport: undefined }), isUnauthorised: true },
      'Disconnected for 12 s: values are the last known',
    ],
    [
      'unreachable',
      { status: lost, isOnline: false },
      'This device has been offline for 12 s: values are the last known',
    ],
    ['silent', { status: status({ state: 'stale' }) }, 'Gateway silent for 12 s: values are the last known'],
    ['connecting', { status: status({ state: 'connecting' }), document: {} }, 'Connecting to the gateway …'],
    [
      'connecting',
      { status: status({ state: 'connecting', reason: 'websocket: closed' }), document: {} },
      'Gateway unreachable, trying again and again',
    ],
    [
      'unauthorised',
      { status: status({ state: 'connecting', reason: 'x' }), document: {}, isUnauthorised: true },
      'This gateway wants a token: enter one under Connection',
    ],
  ])('%s', ([kind, input, text]) => {
    expect(say(input)).toMatchObject({ kind, text });
  });

  it('is not read out anew with each second that passes', () => {
    for (const input of [{ status: lost }, { document: { sources: sources('down') }, awaySince: now }]) {
      const [sooner, later] = [say(input), say({ ...input, now: now + 60_000 })];
      expect(later.text).not.toBe(sooner.text);
      expect(later.announcement).toBe(sooner.announcement);
    }
  });
});

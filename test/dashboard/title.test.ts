import { describe, expect, it } from 'vitest';
import type { FreshnessState, TelemetryClient, TelemetryDocument } from '../../src/client/index.ts';
import { titleOf } from '../../src/dashboard/page-title.ts';

interface Scene {
  readonly document?: TelemetryDocument;
  readonly status?: Partial<TelemetryClient['status']>;
  readonly isPaused?: boolean;
  readonly isHidden?: boolean;
  /** Of the status; of the price, where that is no other. */
  readonly state?: FreshnessState;
}

const market = { symbol: 'EURUSD', price: 1.0808 };

function title({
  document = { status: 'ACTIVE', market },
  status,
  isPaused = false,
  isHidden = false,
  state = 'fresh',
}: Scene): string {
  const of = (path?: string) => ({
    state: isPaused && path !== 'status' ? ('stale' as const) : state,
    since: undefined,
    error: undefined,
    ageMs: undefined,
  });
  const client = {
    document,
    status: { state: 'live', reason: '', transport: 'websocket', since: 0, ...status } as const,
    freshness: { of, isFresh: true, silentMs: 0, unchangedMs: 0, sources: 'fresh' } as const,
    granted: undefined,
    wanted: {
      ...({ mode: 'full', encoding: 'json', sections: null, symbol: null } as const),
      interval: isPaused ? ('pause' as const) : 0,
    },
  };
  return titleOf(client, isHidden);
}

describe('The title', () => {
  it('has the price by its size, and the symbol', () => {
    expect(title({})).toBe('1.0808 EURUSD');
    expect(title({ document: { market: { symbol: '7203.T', price: 2834, currency: 'JPY' } } })).toBe(
      '2,834 7203.T',
    );
  });

  it('has no price while nobody sees the page, nor until it is whole again', () => {
    expect(title({ isHidden: true })).toBe('EURUSD telemetry');
    expect(title({ isHidden: true, isPaused: true })).toBe('EURUSD telemetry');
    expect(title({ isPaused: true })).toBe('EURUSD telemetry');
  });

  it('tells of a HALT and of a loss of freshness, seen or not', () => {
    const halted = { document: { status: 'HALT', market } } as const;
    expect(title(halted)).toBe('(halted) 1.0808 EURUSD');
    expect(title({ state: 'stale' })).toBe('(stale) 1.0808 EURUSD');
    for (const isPaused of [true, false]) {
      expect(title({ ...halted, isHidden: true, isPaused })).toBe('(halted) EURUSD telemetry');
      expect(title({ ...halted, isHidden: true, isPaused, state: 'down' })).toBe(
        '(stale) (halted) EURUSD telemetry',
      );
    }
  });

  it('tells of a HALT where the view has no market', () => {
    expect(title({ document: { status: 'HALT' } })).toBe('(halted) telemetry');
  });
});

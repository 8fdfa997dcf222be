import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { LivePaths } from '../../../../src/protocol/telemetry/document/document-sources.ts';

const all = (): boolean => true;

function setUp(...patches: readonly JsonObject[]) {
  const live = new LivePaths();
  patches.forEach((patch, index) => {
    live.note(patch, index * 1000);
  });
  return live;
}

describe('LivePaths', () => {
  it('are the leaves that events set, in a stable order', () => {
    const live = setUp(
      { market: { velocity: 1, price: 2 }, extra: { deep: { x: 1 } } },
      { status: 'ACTIVE' },
    );
    expect(live.told(all)).toEqual(['market.price', 'market.velocity', 'extra.deep.x', 'status']);
  });

  it('are a section where all its documented fields were set, by however many events', () => {
    const live = setUp(
      { portfolio: { nav: 1, cash: 2, more: 3 } },
      { portfolio: { daily_pnl: null, max_drawdown: 0 } },
      { logs: [] },
    );
    expect(live.told(all)).toEqual(['portfolio', 'logs', 'portfolio.more']);
  });

  it('are no keys that were removed', () => {
    expect(setUp({ extra: null, market: { price: null, more: null } }).told(all)).toEqual(['market.price']);
  });

  it('are asked for by top-level key', () => {
    const live = setUp({ market: { price: 1 }, agents: { a: { figure: 1 } } });
    expect(live.told((key) => key === 'agents')).toEqual(['agents.a.figure']);
  });

  it('are forgotten where they were set too long ago', () => {
    const live = setUp({ market: { price: 1, alpha: 1 } }, { market: { price: 2 } }, { status: 'HALT' });
    expect(live.oldestSince(500)).toBe(1000);
    expect(live.told(all)).toEqual(['market.price', 'status']);
    expect(live.oldestSince(2001)).toBeUndefined();
    expect(live.told(all)).toEqual([]);
  });

  it('are 32 at most, and cost no more for an event of very many keys', () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`key${index}`, index]));
    const live = setUp(many, { market: { price: 1 } });
    const told = live.told(all);
    expect(told).toHaveLength(32);
    expect(told[0]).toBe('market.price');
  });
});

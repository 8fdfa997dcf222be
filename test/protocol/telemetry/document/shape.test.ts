import { describe, expect, it } from 'vitest';
import { normalise } from '../../../../src/protocol/telemetry/document/normalise.ts';
import {
  documentedSections,
  initialDocument,
  isDocumentedScalar,
} from '../../../../src/protocol/telemetry/document/shape.ts';

describe('initialDocument', () => {
  it('has every documented field, with nothing known', () => {
    expect(initialDocument(Date.UTC(2026, 0, 1))).toEqual({
      timestamp: '2026-01-01T00:00:00.000Z',
      status: 'INITIALIZING',
      market: { symbol: '', price: 0, alpha: 0, regime: '', velocity: 0, acceleration: 0 },
      portfolio: { nav: 0, cash: 0, daily_pnl: 0, max_drawdown: 0 },
      signal: { side: 'FLAT', confidence: 0, reasoning: '' },
      governance: { approved_size: 0 },
      logs: [],
      agents: {},
      models: {},
      sources: {},
    });
  });

  it('has the shape that inputs must have', () => {
    const read = normalise(initialDocument(0), { tickTime: '', previousLogs: undefined });
    expect(read).toEqual({ document: initialDocument(0), notes: [], unknown: [] });
    expect([...documentedSections].every((section) => section in initialDocument(0))).toBe(true);
  });
});

describe('isDocumentedScalar', () => {
  it.each([
    [['status'], true],
    [['timestamp'], true],
    [['market', 'price'], true],
    [['signal', 'reasoning'], true],
    [['market'], false],
    [['logs'], false],
    [['market', 'bid'], false],
    [['market', 'price', 'x'], false],
    [['portfolio', 'price'], false],
    [['toString'], false],
    [['market', 'toString'], false],
    [['constructor', 'name'], false],
    [[], false],
  ])('says of %j: %s', (path, documented) => expect(isDocumentedScalar(path)).toBe(documented));
});

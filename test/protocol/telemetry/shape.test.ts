import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  documentedSections,
  initialDocument,
  isDocumentedScalar,
  shapeFault,
} from '../../../src/protocol/telemetry/shape.ts';
import { arbitraryJsonObject } from '../../support/arbitrary-json.ts';
import { state } from './aggregate-set-up.ts';

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
    expect(shapeFault(initialDocument(0))).toBeUndefined();
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

describe('shapeFault', () => {
  it('finds nothing wrong with a whole state, a partial one, or null for a scalar', () => {
    for (const input of [
      state,
      {},
      { market: {} },
      { market: { price: null }, status: null },
      { extra: [1] },
    ]) {
      expect(shapeFault(input)).toBeUndefined();
    }
  });

  it.each([
    [{ status: 5 }, 'status is a number, expected a string or null'],
    [{ market: { price: '5' } }, 'market.price is a string, expected a number or null'],
    [{ market: { symbol: {} } }, 'market.symbol is an object, expected a string or null'],
    [{ signal: { side: ['BUY'] } }, 'signal.side is an array, expected a string or null'],
    [{ portfolio: true }, 'portfolio is a boolean, expected an object'],
    [{ governance: [] }, 'governance is an array, expected an object'],
    [{ logs: {} }, 'logs is an object, expected an array'],
    [{ agents: 5 }, 'agents is a number, expected an object or an array'],
    [{ models: { A: 5 } }, 'an entry of models is a number, expected an object'],
    [{ models: [{ name: 'constructor' }] }, 'an entry of models is not an object with a usable name'],
    [{ timestamp: '12 o’clock' }, 'timestamp is not an ISO 8601 time'],
  ])('says what is wrong with %j', (input, fault) => expect(shapeFault(input)).toBe(fault));

  it('takes any object without throwing, and never quotes a value', () => {
    const sections = [...documentedSections, 'status', 'timestamp', 'toString'];
    const secrets = fc.oneof(fc.constant('hunter2'), arbitraryJsonObject, fc.array(fc.constant('hunter2')));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...sections), secrets), (input) => {
        expect(shapeFault(JSON.parse(JSON.stringify(input))) ?? '').not.toContain('hunter2');
      }),
    );
  });
});

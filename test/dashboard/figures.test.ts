import { describe, expect, it } from 'vitest';
import { columnsOf, formatCell, headingOf } from '../../src/dashboard/model/figure-table.ts';
import { formatBytes, formatPrice, formatSignedUsd, signTone } from '../../src/dashboard/model/format.ts';

describe('Figures', () => {
  it('are dashes where they are not known', () => {
    for (const value of [null, undefined, Number.NaN, 'x', {}]) expect(formatPrice(value)).toBe('–');
  });

  it('have their sign', () => {
    const texts = [1234.5, -0.5, 0].map(formatSignedUsd);
    expect(texts).toEqual(['+$1,234.50', '-$0.50', '$0.00']);
    expect([signTone(1), signTone(-1), signTone(0), signTone(null)]).toEqual([
      'up',
      'down',
      undefined,
      undefined,
    ]);
    expect(formatBytes(7800)).toBe('7.8 kB');
  });

  it('fill a table with whatever columns there are, the latency first', () => {
    const figures = { A: { name: 'A', calls: 3, latency_ms: 12 }, B: null, C: { odd_thing: { deep: 1 } } };
    expect(columnsOf(figures)).toEqual(['latency_ms', 'calls', 'odd_thing']);
    expect(headingOf('odd_thing')).toBe('Odd thing');
    expect(formatCell('odd_thing', { deep: 1 })).toBe('{"deep":1}');
    expect(formatCell('success_rate', 0.975)).toBe('97.5%');
  });
});

import { describe, expect, it } from 'vitest';
import { columnsOf, formatCell, headingOf } from '../../src/dashboard/model/figure-table.ts';
import { formatBytes, formatPercent } from '../../src/dashboard/model/format.ts';

describe('Figures', () => {
  it('are dashes where they are not known', () => {
    for (const value of [null, undefined, Number.NaN, 'x', {}]) expect(formatPercent(value)).toBe('–');
  });

  it('have no sign where they are shown as zero', () => {
    expect([-0.00001, -0.0123].map(formatPercent)).toEqual(['0.00%', '-1.23%']);
  });

  it('are written in the unit that fits', () => {
    expect([780, 7800, 7_800_000].map(formatBytes)).toEqual(['780 B', '7.8 kB', '7.8 MB']);
  });

  it('fill a table with whatever columns there are, the latency first', () => {
    const figures = { A: { name: 'A', calls: 3, latency_ms: 12 }, B: null, C: { odd_thing: { deep: 1 } } };
    expect(columnsOf(figures)).toEqual(['latency_ms', 'calls', 'odd_thing']);
    expect(['odd_thing', 'constructor', '__proto__'].map(headingOf)).toEqual([
      'Odd thing',
      'Constructor',
      '  proto  ',
    ]);
    expect(formatCell('odd_thing', { deep: 1 })).toBe('{"deep":1}');
    expect(formatCell('success_rate', 0.975)).toBe('97.5%');
    expect([12.54, 0.042].map((value) => formatCell('latency_ms', value))).toEqual(['12.5', '0.042']);
    expect([2.05, 0.00042].map((value) => formatCell('loss', value))).toEqual(['2.05', '0.00042']);
  });
});

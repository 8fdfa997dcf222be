import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalsFor } from '../../src/core/decimals.ts';

describe('The decimals of figures', () => {
  it.for([
    ['an exchange rate', [1.0808, 1.0812], 4],
    ['one that an engine computed', [1.080799, 1.0812], 5],
    ['a share', [450.31], 2],
    ['a round one', [12.5], 2],
    ['a coin of a hundred-thousandth', [0.00001234, 0.0000124], 8],
    ['a coin of many thousands', [65_000.5, 65_012.25], 2],
    ['one that hardly moves', [65_000.501, 65_000.509], 3],
    ['whole numbers', [2834, 2840], 2],
    ['nothing', [], 2],
    ['zeros', [0, -0], 2],
    ['what is no number', [Number.NaN, Number.POSITIVE_INFINITY, 1.5], 2],
    ['the noise of arithmetic', [0.1 + 0.2, 0.3], 2],
    ['a number written with an exponent', [1.5e-7], 8],
  ] as const)('fit %s', ([, values, decimals]) => {
    expect(decimalsFor(values)).toBe(decimals);
  });

  it('are as few as asked for where values have none', () => {
    expect(decimalsFor([2834, 2840], { least: 0 })).toBe(0);
    expect(decimalsFor([0.1234567], { least: 1, significant: 2 })).toBe(2);
  });

  it('tell any two values apart that differ by a hundredth of what lies between them', () => {
    const price = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(price, price, (a, b) => {
        const decimals = decimalsFor([a, b]);
        expect(decimals).toBeGreaterThanOrEqual(2);
        expect(decimals).toBeLessThanOrEqual(20);
        if (Math.abs(a - b) > 1e-6 * Math.max(a, b))
          expect(a.toFixed(decimals)).not.toBe(b.toFixed(decimals));
      }),
    );
  });
});

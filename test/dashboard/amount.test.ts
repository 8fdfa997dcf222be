import { describe, expect, it } from 'vitest';
import {
  amountDecimals,
  currencyOf,
  formatAmount,
  formatSignedPercent,
  formatSlope,
  toneOf,
} from '../../src/dashboard/model/amount.ts';

/** Amounts that are seen side by side. */
function format(amounts: readonly number[], currency?: string): string[] {
  const decimals = amountDecimals(amounts, currency);
  return amounts.map((amount) => formatAmount(amount, { decimals, currency }));
}

describe('An amount', () => {
  it('is a dash where it is not known', () => {
    for (const amount of [null, undefined, Number.NaN, 'x', {}]) {
      expect(formatAmount(amount, { decimals: 2, currency: 'USD' })).toBe('–');
    }
    expect(amountDecimals([null, undefined], undefined)).toBe(2);
    expect(formatSignedPercent(null)).toBe('–');
  });

  it('has as many decimals as its size asks for', () => {
    expect(format([1.0808])).toEqual(['1.0808']);
    expect(format([0.00001234, 0.00001])).toEqual(['0.00001234', '0.00001000']);
    expect(format([65_000.5])).toEqual(['65,000.50']);
    expect(format([101_261.25, 12.5, -0.001])).toEqual(['101,261.25', '12.50', '0.00']);
  });

  it('has the currency that the document states, as it is written', () => {
    expect(format([2834, 2840.5], 'JPY')).toEqual(['¥2,834.0', '¥2,840.5']);
    expect(format([1_000_000, 2834], 'JPY')).toEqual(['¥1,000,000', '¥2,834']);
    expect(format([1234.5], 'USD')).toEqual(['$1,234.50']);
    expect(format([-5], 'EUR')).toEqual(['-€5.00']);
    expect(format([1.25], 'USDT')).toEqual(['1.25 USDT']);
    expect(format([1.25])).toEqual(['1.25']);
  });

  it('takes what is no currency for none', () => {
    expect([' usd ', 'USDT', 'XBT'].map(currencyOf)).toEqual(['USD', 'USDT', 'XBT']);
    for (const value of [undefined, null, 7, '', '<b>', 'a currency of many words']) {
      expect(currencyOf(value)).toBeUndefined();
    }
  });

  it('rises and falls only as far as can be seen', () => {
    expect([1, -1, 0, -0, null, 0.004, -0.004].map((amount) => toneOf(amount, 2))).toEqual([
      'up',
      'down',
      ...Array(5).fill(undefined),
    ]);
    const signed = [1234.5, -0.5, 0, -0.001].map((amount) =>
      formatAmount(amount, { decimals: 2, isSigned: true }),
    );
    expect(signed).toEqual(['+1,234.50', '-0.50', '0.00', '0.00']);
  });

  it('shows a small change, and a small slope', () => {
    expect([0.0003 / 1.0808, 0.0123, 0].map(formatSignedPercent)).toEqual(['+0.028%', '+1.23%', '0.00%']);
    expect([0.12, -0.0000000123].map(formatSlope)).toEqual(['+0.1200', '-0.000000012']);
  });
});

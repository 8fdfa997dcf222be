import { describe, expect, it } from 'vitest';
import {
  currencyOf,
  formatAmount,
  formatCost,
  formatSignedPercent,
  formatSlope,
  moneyDecimals,
  priceDecimals,
  toneOf,
} from '../../src/dashboard/model/amount.ts';

/** Seen side by side. */
function formatPrices(prices: readonly number[], currency?: string): string[] {
  const decimals = priceDecimals(prices, currency);
  return prices.map((price) => formatAmount(price, { decimals }));
}

function formatMoney(amounts: readonly number[], currency?: string): string[] {
  const decimals = moneyDecimals(amounts, currency);
  return amounts.map((amount) => formatAmount(amount, { decimals, currency }));
}

describe('An amount', () => {
  it('is a dash where it is not known', () => {
    for (const amount of [null, undefined, Number.NaN, 'x', {}]) {
      expect(formatAmount(amount, { decimals: 2, currency: 'USD' })).toBe('–');
    }
    expect([priceDecimals([null], undefined), moneyDecimals([null], undefined)]).toEqual([2, 2]);
    expect(formatSignedPercent(null)).toBe('–');
  });

  it('has as many decimals as its size asks for', () => {
    expect(formatPrices([1.0808])).toEqual(['1.0808']);
    expect(formatPrices([0.00001234, 0.00001])).toEqual(['0.00001234', '0.00001000']);
    expect(formatPrices([65_000.5])).toEqual(['65,000.50']);
    expect(formatMoney([101_261.25, 12.5, -0.001])).toEqual(['101,261.25', '12.50', '0.00']);
    expect(formatMoney([0.51234567, 0.00012])).toEqual(['0.512346', '0.000120']);
  });

  it('of a price has at least the decimals of its currency', () => {
    expect(formatPrices([2834, 2840.5], 'JPY')).toEqual(['2,834.0', '2,840.5']);
    expect(formatPrices([2834], 'JPY')).toEqual(['2,834']);
    expect(formatPrices([2834], 'USD')).toEqual(['2,834.00']);
  });

  it('has the currency that the document states, as it is written', () => {
    expect(formatMoney([10_000, 12.5], 'JPY')).toEqual(['¥10,000', '¥13']);
    expect(formatMoney([1234.5678], 'USD')).toEqual(['$1,234.57']);
    expect(formatMoney([-5], 'EUR')).toEqual(['-€5.00']);
    expect(formatMoney([0.0125], 'BTC')).toEqual(['0.0125 BTC']);
    expect(formatMoney([1.25], 'USDT')).toEqual(['1.25 USDT']);
    expect(formatMoney([1.25])).toEqual(['1.25']);
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
    const percents = [0.0003 / 1.0808, 0.0123, 0, -1e-9].map((share) => formatSignedPercent(share, 4));
    expect(percents).toEqual(['+0.028%', '+1.23%', '0.00%', '0.0000%']);
    expect(formatSignedPercent(-0.00001)).toBe('0.00%');
    expect([0.12, -0.0000000123].map(formatSlope)).toEqual(['+0.1200', '-0.000000012']);
  });

  it('that are costs are written by their own size, in cents at least', () => {
    expect([123.2617, 4.651517, 0.004213, 0, null].map((cost) => formatCost(cost, undefined))).toEqual([
      ...['123.26', '4.65', '0.00421', '0.00', '–'],
    ]);
    expect(formatCost(0.0042, 'USD')).toBe('$0.0042');
    expect(formatCost(1200, 'JPY')).toBe('¥1,200');
  });
});

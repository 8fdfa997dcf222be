import { describe, expect, it } from 'vitest';
import { inColour, plain, type TailUpdate, tailLine } from '../../src/cli/tail-line.ts';

const at = new Date('2026-11-21T08:00:46.284Z');
const update: TailUpdate = {
  document: {
    status: 'ACTIVE',
    market: { symbol: 'SPY', price: 450.3 },
    portfolio: { daily_pnl: -1234.5 },
    sources: { state: { status: 'fresh', since: '' }, agents: { status: 'stale', since: '' } },
  },
  changed: ['market'],
  seq: 29,
  bytes: 2147,
  perSecond: 3,
  priceBefore: 450,
};

describe('tailLine', () => {
  it('says when, which version, the figures that count, what is late, what changed and what it took', () => {
    expect(tailLine(update, at, plain)).toBe(
      '08:00:46.284  #29  ACTIVE  SPY 450.30 ▲  P&L −1,234.50  agents stale  market  2.1 KB  3.0/s',
    );
  });

  it('says of each figure whether it is the last known, and why', () => {
    const stale = { status: 'stale', since: '', error: 'no complete answer in 900 ms' } as const;
    const document = { ...update.document, sources: { state: stale } };
    const text = tailLine({ ...update, document }, at, plain);
    expect(text).toContain(
      'ACTIVE (stale)  SPY 450.30 (stale)  P&L −1,234.50 (stale)  state stale: no complete answer in 900 ms',
    );
    expect(tailLine({ ...update, document }, at, inColour)).toContain('\u001b[33m450.30 (stale)');
  });

  it('takes for current what events keep so, and nothing else', () => {
    const down = { status: 'down', since: '', live: ['market.price'] } as const;
    const document = { ...update.document, sources: { state: down } };
    expect(tailLine({ ...update, document }, at, plain)).toContain(
      'ACTIVE (down)  SPY 450.30 ▲  P&L −1,234.50 (down)  state down  ',
    );
  });

  it.each([
    [449, '▲'],
    [451, '▼'],
    [450.3, '·'],
    [undefined, '·'],
  ])('shows a price of 450.30 after %s as %s', (priceBefore, mark) => {
    expect(tailLine({ ...update, priceBefore }, at, plain)).toContain(`450.30 ${mark}`);
  });

  it.each([
    [1.0811, 1.0808, '1.0811 ▲'],
    [0.00001234, 0.0000123, '0.00001234 ▲'],
    [65_000.5, 65_010, '65000.50 ▼'],
  ])('shows a price of %s by its size', (price, priceBefore, text) => {
    const document = { ...update.document, market: { symbol: 'X', price } };
    expect(tailLine({ ...update, document, priceBefore }, at, plain)).toContain(`X ${text}`);
  });

  it('gives no sign and no colour to a P&L that is shown as zero', () => {
    const document = { ...update.document, portfolio: { nav: 10_000, daily_pnl: -0.001 } };
    expect(tailLine({ ...update, document }, at, plain)).toContain('P&L 0.00  ');
    expect(tailLine({ ...update, document }, at, inColour)).toContain('P&L 0.00  ');
  });

  it('leaves out what the document does not have, or not as a number', () => {
    const document = { status: null, market: { price: null }, portfolio: {} };
    expect(tailLine({ ...update, document, bytes: 42 }, at, plain)).toBe(
      '08:00:46.284  #29  no status  market  42 B  3.0/s',
    );
  });

  it('paints only where there are colours', () => {
    expect(tailLine(update, at, plain)).not.toContain('\u001b');
    expect(tailLine(update, at, inColour)).toContain('\u001b[31m−1,234.50\u001b[0m');
  });
});

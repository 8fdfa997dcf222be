import type { Instrument } from './price-walk.ts';
import { round } from './random.ts';
import type { Side } from './trade-signal.ts';

export interface PortfolioFigures {
  /** Net asset value, USD. */
  nav: number;
  /** USD. */
  cash: number;
  /** USD since midnight UTC. */
  daily_pnl: number;
  /** Worst fall from a peak as a fraction, 0 or less. */
  max_drawdown: number;
}

export interface Portfolio {
  /** Buys or sells one lot; returns the units traded, 0 where limits or holdings do not allow it. */
  trade(instrument: Instrument, side: Side, price: number): number;
  /** Values the holdings at these prices (symbol → USD) at this time (ms since 1970). */
  mark(prices: ReadonlyMap<string, number>, atMs: number): void;
  figures(): PortfolioFigures;
}

const dayMs = 86_400_000;
/** No more than this part of the net asset value in one symbol. */
const maxShare = 0.25;

export function createPortfolio(): Portfolio {
  const holdings = new Map<string, number>([['SPY', 45]]);
  let cash = 85_000;
  let nav = 105_264.4;
  let navAtOpen = 104_000;
  let peak = 106_350;
  let maxDrawdown = -0.0312;
  let day: number | undefined;

  return {
    trade(instrument, side, price) {
      const held = holdings.get(instrument.symbol) ?? 0;
      const units = side === 'BUY' ? instrument.lot : side === 'SELL' ? -Math.min(instrument.lot, held) : 0;
      const cost = units * price;
      if (units === 0 || cost > cash || (units > 0 && (held + units) * price > nav * maxShare)) return 0;
      holdings.set(instrument.symbol, round(held + units, 4));
      cash -= cost;
      return units;
    },
    mark(prices, atMs) {
      const today = Math.floor(atMs / dayMs);
      if (day !== undefined && today !== day) navAtOpen = nav;
      day = today;
      nav = cash;
      for (const [symbol, units] of holdings) nav += units * (prices.get(symbol) ?? 0);
      peak = Math.max(peak, nav);
      maxDrawdown = Math.min(maxDrawdown, nav / peak - 1);
    },
    figures: () => ({
      nav: round(nav, 2),
      cash: round(cash, 2),
      daily_pnl: round(nav - navAtOpen, 2),
      max_drawdown: round(maxDrawdown, 4),
    }),
  };
}

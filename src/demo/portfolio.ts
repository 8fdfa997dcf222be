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

const dayMs = 86_400_000;
/** No more than this part of the net asset value in one symbol. */
const maxShare = 0.25;

/** The one account of the engine. */
export class Portfolio {
  readonly #holdings = new Map<string, number>([['SPY', 45]]);
  #cash = 85_000;
  #nav = 105_264.4;
  #navAtOpen = 104_000;
  #peak = 106_350;
  #maxDrawdown = -0.0312;
  #day: number | undefined;

  /** Buys or sells one lot; returns the units traded, 0 where limits or holdings do not allow it. */
  trade({ symbol, lot }: Instrument, side: Side, price: number): number {
    const held = this.#holdings.get(symbol) ?? 0;
    const units = side === 'BUY' ? lot : side === 'SELL' ? -Math.min(lot, held) : 0;
    const cost = units * price;
    const isTooMuch = units > 0 && (held + units) * price > this.#nav * maxShare;
    if (units === 0 || cost > this.#cash || isTooMuch) return 0;
    this.#holdings.set(symbol, round(held + units, 4));
    this.#cash -= cost;
    return units;
  }

  /** Values the holdings at these prices (symbol → USD) at this time (ms since 1970). */
  mark(prices: ReadonlyMap<string, number>, atMs: number): void {
    const today = Math.floor(atMs / dayMs);
    if (this.#day !== undefined && today !== this.#day) this.#navAtOpen = this.#nav;
    this.#day = today;
    this.#nav = this.#cash;
    for (const [symbol, units] of this.#holdings) this.#nav += units * (prices.get(symbol) ?? 0);
    this.#peak = Math.max(this.#peak, this.#nav);
    this.#maxDrawdown = Math.min(this.#maxDrawdown, this.#nav / this.#peak - 1);
  }

  figures(): PortfolioFigures {
    return {
      nav: round(this.#nav, 2),
      cash: round(this.#cash, 2),
      daily_pnl: round(this.#nav - this.#navAtOpen, 2),
      max_drawdown: round(this.#maxDrawdown, 4),
    };
  }
}

import type { MarketFigures } from './price-walk.ts';
import { type Random, round } from './random.ts';

export type Side = 'BUY' | 'SELL' | 'FLAT';

export interface SignalFigures {
  side: Side;
  /** 0 to 1. */
  confidence: number;
  reasoning: string;
}

const maxSize = 0.2;

/** What the engine would do with one symbol, and how much of it. */
export class TradeSignal {
  readonly #random: Random;
  #current: SignalFigures = {
    side: 'BUY',
    confidence: 0.85,
    reasoning: 'Momentum and forecast agree; the tail index leaves room for most of the Kelly size.',
  };
  #size = 0.15;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Thinks anew about this market. */
  refresh(market: MarketFigures): void {
    const drift = market.velocity / (market.price * 1e-4);
    const score = Math.tanh(drift + this.#random.normal() * 0.6);
    const side: Side = Math.abs(score) < 0.25 ? 'FLAT' : score > 0 ? 'BUY' : 'SELL';
    const confidence = round(0.45 + Math.abs(score) * 0.5, 2);
    this.#current = { side, confidence, reasoning: explain(side, market, this.#random) };
    // The physics veto: fat tails take the size away however sure the signal is.
    const veto = market.regime === 'Critical' ? 0.1 : market.regime === 'Gaussian' ? 1 : 0.7;
    this.#size = side === 'FLAT' ? 0 : round(Math.min(maxSize, confidence * maxSize * veto), 4);
  }

  /** No position may be taken, for the reason given. */
  flatten(reasoning: string): void {
    this.#current = { side: 'FLAT', confidence: 0, reasoning };
    this.#size = 0;
  }

  figures(): SignalFigures {
    return { ...this.#current };
  }

  /** Fraction of net asset value, 0 to 0.2. */
  approvedSize(): number {
    return this.#size;
  }
}

function explain(side: Side, market: MarketFigures, random: Random): string {
  const spread = market.price * 0.0015;
  const median = round(market.price + random.normal() * spread, 2);
  if (side === 'FLAT') {
    return random.pick([
      `Forecast median ${median} lies within noise of spot ${market.price}; waiting until acceleration confirms a move.`,
      'Macro and sentiment agents disagree and velocity is near zero; no edge worth its cost.',
    ]);
  }
  const direction = side === 'BUY' ? 'positive' : 'negative';
  return random.pick([
    `Velocity ${market.velocity.toFixed(4)} with ${direction} momentum, forecast median ${median}; ${market.regime} regime sets the size.`,
    `Sentiment turned ${direction} over the last headlines and the forecast (${median}) agrees with it.`,
    `Risk agent accepts a ${side === 'BUY' ? 'long' : 'reduced'} position: tail index ${market.alpha}, confidence trimmed for drawdown.`,
  ]);
}

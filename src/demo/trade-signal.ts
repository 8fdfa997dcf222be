import type { MarketFigures } from './price-walk.ts';
import { type Random, round } from './random.ts';

export type Side = 'BUY' | 'SELL' | 'FLAT';

export interface SignalFigures {
  side: Side;
  /** 0 to 1. */
  confidence: number;
  reasoning: string;
}

export interface TradeSignal {
  /** Thinks anew about this market. */
  refresh(market: MarketFigures): void;
  /** No position may be taken, for the reason given. */
  flatten(reasoning: string): void;
  signal(): SignalFigures;
  /** Fraction of net asset value, 0 to 0.2. */
  approvedSize(): number;
}

const maxSize = 0.2;

export function createTradeSignal(random: Random): TradeSignal {
  let current: SignalFigures = {
    side: 'BUY',
    confidence: 0.85,
    reasoning: 'Momentum and forecast agree; the tail index leaves room for most of the Kelly size.',
  };
  let size = 0.15;

  return {
    refresh(market) {
      const drift = market.velocity / (market.price * 1e-4);
      const score = Math.tanh(drift + random.normal() * 0.6);
      const side: Side = Math.abs(score) < 0.25 ? 'FLAT' : score > 0 ? 'BUY' : 'SELL';
      const confidence = round(0.45 + Math.abs(score) * 0.5, 2);
      current = { side, confidence, reasoning: explain(side, market, random) };
      // The physics veto: fat tails take the size away however sure the signal is.
      const veto = market.regime === 'Critical' ? 0.1 : market.regime === 'Gaussian' ? 1 : 0.7;
      size = side === 'FLAT' ? 0 : round(Math.min(maxSize, confidence * maxSize * veto), 4);
    },
    flatten(reasoning) {
      current = { side: 'FLAT', confidence: 0, reasoning };
      size = 0;
    },
    signal: () => ({ ...current }),
    approvedSize: () => size,
  };
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

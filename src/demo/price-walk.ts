import { type Random, round } from './random.ts';

type Regime = 'Gaussian' | 'Lévy Stable' | 'Critical';

export interface MarketFigures {
  symbol: string;
  /** USD. */
  price: number;
  /** Hill tail index; the lower, the fatter the tails. */
  alpha: number;
  regime: Regime;
  /** USD per step. */
  velocity: number;
  /** USD per step². */
  acceleration: number;
}

export interface Instrument {
  symbol: string;
  /** First price, USD; the walk is drawn back to it, so that a demo of weeks stays believable. */
  price: number;
  /** Deviation of one step's move as a fraction of the price. */
  volatility: number;
  /** Units bought or sold at a time. */
  lot: number;
}

export interface PriceWalk {
  readonly instrument: Instrument;
  /** Moves the price and lets the filter follow: one step. */
  step(): void;
  /** A smaller move between steps; velocity and acceleration wait for the next step. */
  nudge(): void;
  figures(): MarketFigures;
}

const nudgeScale = 0.4;
const homePull = 0.0005;
const typicalAlpha = 2.7;
/** Of the latest change in the filter's velocity. */
const filterGain = 0.08;

export function createPriceWalk(instrument: Instrument, random: Random): PriceWalk {
  let price = instrument.price;
  let priceAtStep = price;
  let alpha = round(typicalAlpha + random.normal() * 0.3, 2);
  let velocity = price * instrument.volatility * random.normal() * 0.05;
  let acceleration = 0;

  function move(scale: number): void {
    // A normal draw stretched by a Pareto one whose index is alpha: the tails are as fat as alpha says.
    const tail = Math.min(6, (1 - random.next()) ** (-1 / alpha)) / 1.5;
    const shock = random.normal() * tail * instrument.volatility * scale;
    const pull = Math.log(price / instrument.price) * homePull;
    price *= Math.exp(shock - pull);
  }

  return {
    instrument,
    nudge: () => move(nudgeScale),
    step() {
      move(1);
      const before = velocity;
      velocity += filterGain * (price - priceAtStep - velocity);
      acceleration = velocity - before;
      priceAtStep = price;
      if (random.chance(0.05)) {
        const drawn = alpha + 0.2 * (typicalAlpha - alpha) + random.normal() * 0.3;
        alpha = round(Math.min(4, Math.max(1.2, drawn)), 2);
      }
    },
    figures: () => ({
      symbol: instrument.symbol,
      price: round(price, 2),
      alpha,
      regime: regimeOf(alpha),
      velocity: round(velocity, 6),
      acceleration: round(acceleration, 8),
    }),
  };
}

function regimeOf(alpha: number): Regime {
  if (alpha >= 3) return 'Gaussian';
  return alpha >= 2 ? 'Lévy Stable' : 'Critical';
}

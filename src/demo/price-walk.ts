import { type Random, round } from './random.ts';

type Regime = 'Gaussian' | 'Lévy Stable' | 'Critical';

export interface MarketFigures {
  symbol: string;
  currency: 'USD';
  price: number;
  /** Hill tail index; the lower, the fatter the tails. */
  alpha: number;
  regime: Regime;
  /** Of the price, per step. */
  velocity: number;
  /** Of the price, per step². */
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

const nudgeScale = 0.4;
const homePull = 0.0005;
const typicalAlpha = 2.7;
/** Of the latest change in the filter's velocity. */
const filterGain = 0.08;

/** The price of one symbol, and the figures that a filter makes of it. */
export class PriceWalk {
  readonly instrument: Instrument;
  readonly #random: Random;
  #price: number;
  #priceAtStep: number;
  #alpha: number;
  #velocity: number;
  #acceleration = 0;

  constructor(instrument: Instrument, random: Random) {
    this.instrument = instrument;
    this.#random = random;
    this.#price = instrument.price;
    this.#priceAtStep = instrument.price;
    this.#alpha = round(typicalAlpha + random.normal() * 0.3, 2);
    this.#velocity = instrument.price * instrument.volatility * random.normal() * 0.05;
  }

  /** Moves the price and lets the filter follow: one step. */
  step(): void {
    this.#move(1);
    const before = this.#velocity;
    this.#velocity += filterGain * (this.#price - this.#priceAtStep - this.#velocity);
    this.#acceleration = this.#velocity - before;
    this.#priceAtStep = this.#price;
    if (this.#random.chance(0.05)) {
      const drawn = this.#alpha + 0.2 * (typicalAlpha - this.#alpha) + this.#random.normal() * 0.3;
      this.#alpha = round(Math.min(4, Math.max(1.2, drawn)), 2);
    }
  }

  /** A smaller move between steps; velocity and acceleration wait for the next step. */
  nudge(): void {
    this.#move(nudgeScale);
  }

  figures(): MarketFigures {
    return {
      symbol: this.instrument.symbol,
      currency: 'USD',
      price: round(this.#price, 2),
      alpha: this.#alpha,
      regime: regimeOf(this.#alpha),
      velocity: round(this.#velocity, 6),
      acceleration: round(this.#acceleration, 8),
    };
  }

  #move(scale: number): void {
    const { price: home, volatility } = this.instrument;
    // A normal draw stretched by a Pareto one whose index is alpha: the tails are as fat as alpha says.
    const tail = Math.min(6, (1 - this.#random.next()) ** (-1 / this.#alpha)) / 1.5;
    const shock = this.#random.normal() * tail * volatility * scale;
    const pull = Math.log(this.#price / home) * homePull;
    this.#price *= Math.exp(shock - pull);
  }
}

function regimeOf(alpha: number): Regime {
  if (alpha >= 3) return 'Gaussian';
  return alpha >= 2 ? 'Lévy Stable' : 'Critical';
}

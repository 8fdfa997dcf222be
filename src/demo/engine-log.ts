import { isoTime } from '../core/clock.ts';
import type { MarketFigures } from './price-walk.ts';
import { type Random, round } from './random.ts';

export interface LogLine {
  level: 'INFO' | 'WARNING' | 'ERROR';
  message: string;
  /** ISO 8601. */
  timestamp: string;
}

const maxLines = 10;

/** The engine's own log as the state document shows it: the last lines, oldest first. */
export class EngineLog {
  readonly #random: Random;
  readonly #lines: LogLine[] = [];
  #written = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Lines ever written, those gone since among them. */
  get written(): number {
    return this.#written;
  }

  add(level: LogLine['level'], message: string, atMs: number): void {
    this.#lines.push({ level, message, timestamp: isoTime(atMs) });
    this.#written += 1;
    if (this.#lines.length > maxLines) this.#lines.shift();
  }

  /** A line such as an engine writes about this market. */
  chatter(market: MarketFigures, atMs: number): void {
    const random = this.#random;
    const dice = random.next();
    if (dice < 0.02) this.add('ERROR', random.pick(errors), atMs);
    else if (dice < 0.12) this.add('WARNING', random.pick(warnings)(market, random), atMs);
    else this.add('INFO', random.pick(notes)(market, random), atMs);
  }

  lines(): LogLine[] {
    return this.#lines.map((line) => ({ ...line }));
  }
}

type Phrase = (market: MarketFigures, random: Random) => string;

const notes: readonly [Phrase, ...Phrase[]] = [
  (market) => `Physics: ${market.regime} regime on ${market.symbol}, alpha ${market.alpha}`,
  (market) => `Kalman: ${market.symbol} velocity ${market.velocity.toFixed(6)} $/period`,
  (market, random) =>
    `Chronos: ${market.symbol} p10 ${quantile(market, -random.between(1, 2))}, p50 ${quantile(market, random.normal() * 0.3)}, p90 ${quantile(market, random.between(1, 2))}`,
  (_market, random) =>
    `Sentiment: ${3 + random.below(35)} headlines scored, mean ${round(random.normal() * 0.25, 3)}`,
  (_market, random) => `Scheduler: cycle done in ${round(random.between(180, 640), 1)} ms`,
  (market, random) =>
    `Governance: Kelly fraction ${round(random.between(0.02, 0.3), 3)} for ${market.symbol}`,
];

const warnings: readonly [Phrase, ...Phrase[]] = [
  (market) =>
    `Kalman: ${market.symbol} at ${market.price} left its band, velocity ${market.velocity.toFixed(4)}`,
  (_market, random) => `OllamaReasoner: slow answer, ${1500 + random.below(2500)} ms`,
  (_market, random) => `News feed: ${2 + random.below(6)} items arrived out of order`,
];

const errors: readonly [string, ...string[]] = [
  'FinBERTService: request timed out, using the last score',
  'Broker: order status unavailable, will ask again',
];

function quantile(market: MarketFigures, deviations: number): number {
  return round(market.price * (1 + deviations * 0.003), 2);
}

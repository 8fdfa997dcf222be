import { isoTime } from '../core/clock.ts';
import { EngineLog, type LogLine } from './engine-log.ts';
import { type AgentFigures, type ModelFigures, Performance } from './performance.ts';
import { Portfolio, type PortfolioFigures } from './portfolio.ts';
import { type Instrument, type MarketFigures, PriceWalk } from './price-walk.ts';
import { Random } from './random.ts';
import { type SignalFigures, TradeSignal } from './trade-signal.ts';

type MarketStatus = 'ACTIVE' | 'HALT';

/** What `GET /api/system/state/current` answers. */
export interface MarketState {
  /** ISO 8601: when anything in the market last changed. */
  timestamp: string;
  status: MarketStatus;
  market: MarketFigures;
  portfolio: PortfolioFigures;
  signal: SignalFigures;
  /** `approved_size`: fraction of net asset value, 0 to 0.2. */
  governance: { approved_size: number };
  /** At most 10, oldest first. */
  logs: LogLine[];
}

/** What an engine announces at once instead of leaving it to the next poll. */
export type MarketChange = 'status' | 'logs';

const defaultInstrument: Instrument = { symbol: 'SPY', price: 450.32, volatility: 0.0002, lot: 5 };
const instruments: readonly Instrument[] = [
  defaultInstrument,
  { symbol: 'AAPL', price: 227.48, volatility: 0.00032, lot: 8 },
  { symbol: 'MSFT', price: 431.15, volatility: 0.00029, lot: 4 },
  { symbol: 'QQQ', price: 512.06, volatility: 0.00026, lot: 4 },
  { symbol: 'BTC-USD', price: 96_840.5, volatility: 0.00055, lot: 0.02 },
];

/** Most ticks are silent, some bring one line, a few bring two. */
const linesPerStep = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2] as const;
const haltedRationale = 'Trading is halted; no position may be taken.';

interface Desk {
  walk: PriceWalk;
  signal: TradeSignal;
}

/** A seeded trading engine without any input or output: prices, one account, signals, a log, its agents. */
export class Market {
  /** The symbols it knows, the default first. */
  readonly symbols: readonly string[] = instruments.map(({ symbol }) => symbol);
  readonly #now: () => number;
  readonly #random: Random;
  readonly #desks: ReadonlyMap<string, Desk>;
  readonly #portfolio = new Portfolio();
  readonly #performance: Performance;
  readonly #log: EngineLog;
  readonly #listeners = new Set<(change: MarketChange) => void>();
  #status: MarketStatus = 'ACTIVE';
  #changedAt: number;
  #statusSince: number;

  /**
   * @param seed whole number; the same seed and the same calls give the same figures
   * @param now milliseconds since 1970
   */
  constructor(seed: number, now: () => number) {
    this.#now = now;
    this.#random = new Random(seed, 'market');
    this.#desks = new Map(instruments.map((instrument) => [instrument.symbol, openDesk(instrument, seed)]));
    this.#performance = new Performance(new Random(seed, 'performance'));
    this.#log = new EngineLog(new Random(seed, 'log'));
    this.#changedAt = now();
    this.#statusSince = this.#changedAt;
    let age = this.#desks.size;
    for (const { walk } of this.#desks.values()) {
      this.#log.chatter(walk.figures(), this.#changedAt - age * 1700);
      age -= 1;
    }
    this.#value();
  }

  /** Advances everything by one tick. */
  step(): void {
    this.#changedAt = this.#now();
    const writtenBefore = this.#log.written;
    for (const desk of this.#desks.values()) {
      desk.walk.step();
      if (this.#status === 'ACTIVE') this.#think(desk);
    }
    this.#performance.step();
    this.#value();
    const watched = this.#random.pick(['SPY', 'SPY', 'SPY', 'AAPL', 'MSFT', 'QQQ', 'BTC-USD']);
    const desk = this.#desks.get(watched);
    for (let count = this.#random.pick(linesPerStep); count > 0 && desk; count -= 1) {
      this.#log.chatter(desk.walk.figures(), this.#changedAt);
    }
    if (this.#log.written !== writtenBefore) this.#announce('logs');
  }

  /** Moves one symbol's price between ticks and returns it in USD; undefined for an unknown symbol. */
  nudge(symbol: string): number | undefined {
    const walk = this.#desks.get(symbol)?.walk;
    if (walk === undefined) return undefined;
    this.#changedAt = this.#now();
    walk.nudge();
    this.#value();
    return walk.figures().price;
  }

  /** A fresh copy of the state document; undefined for an unknown symbol. Default: SPY. */
  state(symbol = defaultInstrument.symbol): MarketState | undefined {
    const desk = this.#desks.get(symbol);
    if (desk === undefined) return undefined;
    return {
      timestamp: isoTime(this.#changedAt),
      status: this.#status,
      market: desk.walk.figures(),
      portfolio: this.#portfolio.figures(),
      signal: desk.signal.figures(),
      governance: { approved_size: desk.signal.approvedSize() },
      logs: this.#log.lines(),
    };
  }

  agents(): AgentFigures[] {
    return this.#performance.agents();
  }

  models(): Record<string, ModelFigures> {
    return this.#performance.models();
  }

  /** Stops trading: signals go flat, prices go on. False where it was halted already. */
  halt(reason?: string): boolean {
    for (const { signal } of this.#desks.values()) signal.flatten(haltedRationale);
    return this.#change('HALT', reason === undefined ? 'Trading halted' : `Trading halted: ${reason}`);
  }

  /** Trades again. False where it was not halted. */
  resume(reason?: string): boolean {
    if (this.#status === 'HALT') {
      for (const { walk, signal } of this.#desks.values()) signal.refresh(walk.figures());
    }
    return this.#change('ACTIVE', reason === undefined ? 'Trading resumed' : `Trading resumed: ${reason}`);
  }

  status(): MarketStatus {
    return this.#status;
  }

  /** ISO 8601: since when the status holds. */
  statusSince(): string {
    return isoTime(this.#statusSince);
  }

  /** Calls the listener after each such change; returns the way to stop that. */
  subscribe(listener: (change: MarketChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #value(): void {
    const prices = new Map([...this.#desks].map(([symbol, { walk }]) => [symbol, walk.figures().price]));
    this.#portfolio.mark(prices, this.#changedAt);
  }

  #announce(change: MarketChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  #think({ walk, signal }: Desk): void {
    if (this.#random.chance(0.07)) signal.refresh(walk.figures());
    if (!this.#random.chance(0.008)) return;
    const { side } = signal.figures();
    const { symbol, price } = walk.figures();
    const units = this.#portfolio.trade(walk.instrument, side, price);
    if (units === 0) return;
    this.#log.add('INFO', `Portfolio: ${side} ${Math.abs(units)} ${symbol} at ${price}`, this.#changedAt);
  }

  #change(to: MarketStatus, line: string): boolean {
    if (this.#status === to) return false;
    this.#status = to;
    this.#changedAt = this.#now();
    this.#statusSince = this.#changedAt;
    this.#log.add(to === 'HALT' ? 'WARNING' : 'INFO', line, this.#changedAt);
    this.#announce('status');
    this.#announce('logs');
    return true;
  }
}

function openDesk(instrument: Instrument, seed: number): Desk {
  return {
    walk: new PriceWalk(instrument, new Random(seed, `price ${instrument.symbol}`)),
    signal: new TradeSignal(new Random(seed, `signal ${instrument.symbol}`)),
  };
}

import { createEngineLog, type LogLine } from './engine-log.ts';
import { type AgentFigures, createPerformance, type ModelFigures } from './performance.ts';
import { createPortfolio, type PortfolioFigures } from './portfolio.ts';
import { createPriceWalk, type Instrument, type MarketFigures, type PriceWalk } from './price-walk.ts';
import { createRandom } from './random.ts';
import { createTradeSignal, type SignalFigures, type TradeSignal } from './trade-signal.ts';

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

export interface MarketOptions {
  /** Whole number; the same seed and the same calls give the same figures. */
  seed: number;
  /** Milliseconds since 1970. */
  now: () => number;
}

export interface Market {
  /** The symbols it knows, the default first. */
  readonly symbols: readonly string[];
  /** Advances everything by one tick. */
  step(): void;
  /** Moves one symbol's price between ticks and returns it in USD; undefined for an unknown symbol. */
  nudge(symbol: string): number | undefined;
  /** A fresh copy of the state document; undefined for an unknown symbol. Default: SPY. */
  state(symbol?: string): MarketState | undefined;
  agents(): AgentFigures[];
  models(): Record<string, ModelFigures>;
  /** Stops trading: signals go flat, prices go on. False where it was halted already. */
  halt(reason?: string): boolean;
  /** Trades again. False where it was not halted. */
  resume(reason?: string): boolean;
  status(): MarketStatus;
  /** ISO 8601: since when the status holds. */
  statusSince(): string;
  /** Calls the listener after each such change; returns the way to stop that. */
  subscribe(listener: (change: MarketChange) => void): () => void;
}

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
export function createMarket({ seed, now }: MarketOptions): Market {
  const random = createRandom(seed, 'market');
  const desks = new Map(instruments.map((instrument) => [instrument.symbol, openDesk(instrument, seed)]));
  const portfolio = createPortfolio();
  const performance = createPerformance(createRandom(seed, 'performance'));
  const log = createEngineLog(createRandom(seed, 'log'));
  const listeners = new Set<(change: MarketChange) => void>();
  let status: MarketStatus = 'ACTIVE';
  let changedAt = now();
  let statusSince = changedAt;

  let age = desks.size;
  for (const { walk } of desks.values()) {
    log.chatter(walk.figures(), changedAt - age * 1700);
    age -= 1;
  }
  value();

  function value(): void {
    const prices = new Map([...desks].map(([symbol, { walk }]) => [symbol, walk.figures().price]));
    portfolio.mark(prices, changedAt);
  }

  function announce(change: MarketChange): void {
    for (const listener of listeners) listener(change);
  }

  function think(desk: Desk): void {
    if (random.chance(0.07)) desk.signal.refresh(desk.walk.figures());
    if (!random.chance(0.008)) return;
    const { side } = desk.signal.signal();
    const { symbol, price } = desk.walk.figures();
    const units = portfolio.trade(desk.walk.instrument, side, price);
    if (units !== 0)
      log.add('INFO', `Portfolio: ${side} ${Math.abs(units)} ${symbol} at ${price}`, changedAt);
  }

  function change(to: MarketStatus, line: string): boolean {
    if (status === to) return false;
    status = to;
    changedAt = now();
    statusSince = changedAt;
    log.add(to === 'HALT' ? 'WARNING' : 'INFO', line, changedAt);
    announce('status');
    announce('logs');
    return true;
  }

  return {
    symbols: [...desks.keys()],
    step() {
      changedAt = now();
      const writtenBefore = log.written();
      for (const desk of desks.values()) {
        desk.walk.step();
        if (status === 'ACTIVE') think(desk);
      }
      performance.step();
      value();
      const watched = desks.get(random.pick(['SPY', 'SPY', 'SPY', 'AAPL', 'MSFT', 'QQQ', 'BTC-USD']));
      for (let count = random.pick(linesPerStep); count > 0 && watched; count -= 1) {
        log.chatter(watched.walk.figures(), changedAt);
      }
      if (log.written() !== writtenBefore) announce('logs');
    },
    nudge(symbol) {
      const walk = desks.get(symbol)?.walk;
      if (walk === undefined) return undefined;
      changedAt = now();
      walk.nudge();
      value();
      return walk.figures().price;
    },
    state(symbol = defaultInstrument.symbol) {
      const desk = desks.get(symbol);
      if (desk === undefined) return undefined;
      return {
        timestamp: new Date(changedAt).toISOString(),
        status,
        market: desk.walk.figures(),
        portfolio: portfolio.figures(),
        signal: desk.signal.signal(),
        governance: { approved_size: desk.signal.approvedSize() },
        logs: log.lines(),
      };
    },
    agents: performance.agents,
    models: performance.models,
    halt(reason) {
      for (const { signal } of desks.values()) signal.flatten(haltedRationale);
      return change('HALT', reason === undefined ? 'Trading halted' : `Trading halted: ${reason}`);
    },
    resume(reason) {
      if (status === 'HALT') for (const { walk, signal } of desks.values()) signal.refresh(walk.figures());
      return change('ACTIVE', reason === undefined ? 'Trading resumed' : `Trading resumed: ${reason}`);
    },
    status: () => status,
    statusSince: () => new Date(statusSince).toISOString(),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function openDesk(instrument: Instrument, seed: number): Desk {
  return {
    walk: createPriceWalk(instrument, createRandom(seed, `price ${instrument.symbol}`)),
    signal: createTradeSignal(createRandom(seed, `signal ${instrument.symbol}`)),
  };
}

import { describe, expect, it } from 'vitest';
import { Market, type MarketChange, type MarketState } from '../../src/demo/market.ts';

const start = Date.parse('2025-12-21T12:00:00.000Z');

/** A market whose clock advances by one second a step. */
function marketOf(seed: number) {
  let time = start;
  const market = new Market(seed, () => time);
  const run = (steps: number): void => {
    for (let step = 0; step < steps; step += 1) {
      time += 1000;
      market.step();
    }
  };
  return Object.assign(market, { run });
}

function stateOf(market: Market, symbol?: string): MarketState {
  const state = market.state(symbol);
  if (state === undefined) throw new Error(`no state of ${symbol}`);
  return state;
}

describe('market', () => {
  it('has the documented sections with sensible figures, tick after tick', () => {
    const market = marketOf(7);
    for (let tick = 0; tick < 500; tick += 1) {
      market.run(1);
      const { timestamp, status, market: figures, portfolio, signal, governance, logs } = stateOf(market);
      expect(timestamp).toBe(new Date(start + (tick + 1) * 1000).toISOString());
      expect(status).toBe('ACTIVE');
      expect(figures.symbol).toBe('SPY');
      expect(figures.price).toBeGreaterThan(300);
      expect(figures.price).toBeLessThan(600);
      expect(figures.alpha).toBeGreaterThanOrEqual(1.2);
      expect(['Gaussian', 'Lévy Stable', 'Critical']).toContain(figures.regime);
      expect(portfolio.nav).toBeGreaterThan(80_000);
      expect(portfolio.cash).toBeGreaterThan(0);
      expect(portfolio.max_drawdown).toBeLessThanOrEqual(0);
      expect(['BUY', 'SELL', 'FLAT']).toContain(signal.side);
      expect(signal.confidence).toBeGreaterThanOrEqual(0);
      expect(signal.confidence).toBeLessThanOrEqual(1);
      expect(governance.approved_size).toBeLessThanOrEqual(0.2);
      expect(logs.length).toBeLessThanOrEqual(10);
    }
  });

  it('gives the same figures for the same seed, and others for another', () => {
    const [one, same, other] = [marketOf(1), marketOf(1), marketOf(2)];
    for (const market of [one, same, other]) market.run(100);
    const all = (market: Market) => [
      ...market.symbols.map((symbol) => market.state(symbol)),
      market.agents(),
      market.models(),
    ];
    expect(all(one)).toEqual(all(same));
    expect(stateOf(one).market.price).not.toBe(stateOf(other).market.price);
  });

  it('walks each symbol by itself, so that a nudge of one leaves the others alone', () => {
    const [quiet, nudged] = [marketOf(3), marketOf(3)];
    const price = nudged.nudge('AAPL');
    expect(stateOf(nudged, 'AAPL').market.price).toBe(price);
    for (const market of [quiet, nudged]) market.run(10);
    expect(stateOf(nudged, 'MSFT').market).toEqual(stateOf(quiet, 'MSFT').market);
    expect(stateOf(nudged, 'AAPL').market).not.toEqual(stateOf(quiet, 'AAPL').market);
    expect(quiet.symbols).toEqual(['SPY', 'AAPL', 'MSFT', 'QQQ', 'BTC-USD']);
  });

  it('knows no state and no price of an unknown symbol', () => {
    const market = marketOf(1);
    expect(market.state('NOPE')).toBeUndefined();
    expect(market.nudge('NOPE')).toBeUndefined();
  });

  it('gives copies, so that a caller cannot change the market', () => {
    const market = marketOf(1);
    const before = structuredClone(market.state());
    const state = stateOf(market);
    state.market.price = -1;
    state.logs.length = 0;
    for (const agent of market.agents()) agent.latency_ms = -1;
    expect(market.state()).toEqual(before);
    expect(market.agents().every(({ latency_ms }) => latency_ms > 0)).toBe(true);
  });

  it('lists agents by name and maps models by name, with figures that move', () => {
    const market = marketOf(1);
    const [agents, models] = [market.agents(), market.models()];
    market.run(50);
    expect(new Set(agents.map(({ name }) => name)).size).toBe(6);
    expect(Object.keys(models)).toHaveLength(4);
    expect(models.ChronosService?.cache_hit_rate).toBeGreaterThan(0.5);
    expect(models.KalmanFilter).not.toHaveProperty('cache_hit_rate');
    expect(market.agents()).not.toEqual(agents);
    expect(market.models()).not.toEqual(models);
  });

  it('goes flat and trades nothing while it is halted, though prices go on', () => {
    const market = marketOf(5);
    expect(market.halt('drill')).toBe(true);
    expect(market.halt()).toBe(false);
    const { portfolio, market: figures } = stateOf(market);
    market.run(300);
    const halted = stateOf(market);
    expect(halted).toMatchObject({
      status: 'HALT',
      signal: { side: 'FLAT' },
      governance: { approved_size: 0 },
    });
    expect(halted.portfolio.cash).toBe(portfolio.cash);
    expect(halted.market.price).not.toBe(figures.price);
    expect(market.statusSince()).toBe(new Date(start).toISOString());
    expect(market.resume()).toBe(true);
    expect(market.resume()).toBe(false);
    expect(stateOf(market).signal.reasoning).not.toBe(halted.signal.reasoning);
    expect(stateOf(market).logs.at(-1)?.message).toBe('Trading resumed');
  });

  it('announces a status change with its log line, and each step that wrote to the log', () => {
    const market = marketOf(5);
    const changes: MarketChange[] = [];
    const unsubscribe = market.subscribe((change) => changes.push(change));
    market.halt('drill');
    expect(changes).toEqual(['status', 'logs']);
    expect(stateOf(market).logs.at(-1)).toMatchObject({ level: 'WARNING', message: 'Trading halted: drill' });
    market.run(100);
    expect(changes.length).toBeGreaterThan(20);
    expect(changes.length).toBeLessThan(90);
    unsubscribe();
    const heard = changes.length;
    market.resume();
    expect(changes).toHaveLength(heard);
  });

  it('counts the profit of the day from midnight UTC', () => {
    let time = Date.parse('2025-12-21T23:59:59.000Z');
    const market = new Market(1, () => time);
    expect(Math.abs(stateOf(market).portfolio.daily_pnl)).toBeGreaterThan(1000);
    time += 1000;
    market.step();
    expect(Math.abs(stateOf(market).portfolio.daily_pnl)).toBeLessThan(200);
  });
});

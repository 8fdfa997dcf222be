import type { Cancel, Clock } from '../core/clock.ts';
import type { Market, MarketChange } from './market.ts';
import { createPart, type Part } from './part.ts';
import type { Emit } from './publisher.ts';

export interface EventStreamOptions {
  market: Market;
  clock: Clock;
  emit: Emit;
  channel: string;
  /** Price events; status and log changes come besides. 0: none. */
  eventsPerSecond: number;
}

/** Of five price events four are about the default symbol, the fifth about the others in turn. */
const othersEvery = 5;

/** Publishes partial documents between the steps: prices now and then, status and log changes at once. */
export function createEventStream(options: EventStreamOptions): Part {
  const { market, clock, emit, channel, eventsPerSecond } = options;
  const [defaultSymbol = '', ...others] = market.symbols;
  let events = 0;

  function emitPartial(partial: Record<string, unknown>): void {
    // The state's own timestamp, so that a poll of the same moment is no newer and no older.
    emit(channel, { timestamp: market.state()?.timestamp, ...partial });
  }

  function emitPrice(): void {
    events += 1;
    const other = others[(events / othersEvery - 1) % others.length];
    const symbol = events % othersEvery === 0 && other !== undefined ? other : defaultSymbol;
    const price = market.nudge(symbol);
    if (price !== undefined) emitPartial({ market: { symbol, price } });
  }

  function emitChange(change: MarketChange): void {
    // A merge patch replaces arrays, so a new line is sent with all the others.
    emitPartial(change === 'status' ? { status: market.status() } : { logs: market.state()?.logs });
  }

  return createPart(() => {
    const unsubscribe = market.subscribe(emitChange);
    const endPrices: Cancel = eventsPerSecond > 0 ? clock.every(1000 / eventsPerSecond, emitPrice) : () => {};
    return () => {
      unsubscribe();
      endPrices();
    };
  });
}

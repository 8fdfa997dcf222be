import { type DemoLog, messageOf } from './demo-log.ts';
import type { Market, MarketChange } from './market.ts';

/** Sends one message to everybody on that channel. */
export type Publish = (channel: string, message: string) => void | Promise<void>;

export interface EventStreamOptions {
  market: Market;
  publish: Publish;
  channel: string;
  /** Price events; status and log changes come besides. 0: none. */
  eventsPerSecond: number;
  log: DemoLog;
}

export interface EventStream {
  start(): void;
  stop(): void;
}

const MAX_UNFINISHED = 100;
const WARN_EVERY_MS = 10_000;
/** Of five price events four are about the default symbol, the fifth about the others in turn. */
const OTHERS_EVERY = 5;

/** Publishes partial documents between the steps: prices now and then, status and log changes at once. */
export function createEventStream(options: EventStreamOptions): EventStream {
  const { market, publish, channel, eventsPerSecond, log } = options;
  const [defaultSymbol = '', ...others] = market.symbols;
  let timer: NodeJS.Timeout | undefined;
  let unsubscribe: (() => void) | undefined;
  let events = 0;
  let unfinished = 0;
  let failed = 0;
  let warnedAt = Number.NEGATIVE_INFINITY;

  function emit(partial: Record<string, unknown>): void {
    if (unfinished >= MAX_UNFINISHED) {
      // A publisher that neither succeeds nor fails must not collect messages without bound.
      fail(`${MAX_UNFINISHED} publishes are unfinished`);
      return;
    }
    // The state's own timestamp, so that a poll of the same moment is no newer and no older.
    void deliver(JSON.stringify({ timestamp: market.state()?.timestamp, ...partial }));
  }

  async function deliver(message: string): Promise<void> {
    unfinished += 1;
    try {
      await publish(channel, message);
    } catch (error) {
      fail(messageOf(error));
    } finally {
      unfinished -= 1;
    }
  }

  function fail(error: string): void {
    failed += 1;
    if (performance.now() - warnedAt < WARN_EVERY_MS) return;
    warnedAt = performance.now();
    log.warn({ error, failed }, 'demo event not published');
  }

  function emitPrice(): void {
    events += 1;
    const other = others[(events / OTHERS_EVERY - 1) % others.length];
    const symbol = events % OTHERS_EVERY === 0 && other !== undefined ? other : defaultSymbol;
    const price = market.nudge(symbol);
    if (price !== undefined) emit({ market: { symbol, price } });
  }

  function emitChange(change: MarketChange): void {
    // A merge patch replaces arrays, so a new line is sent with all the others.
    emit(change === 'status' ? { status: market.status() } : { logs: market.state()?.logs });
  }

  return {
    start() {
      unsubscribe ??= market.subscribe(emitChange);
      if (eventsPerSecond > 0) timer ??= setInterval(emitPrice, 1000 / eventsPerSecond);
    },
    stop() {
      unsubscribe?.();
      unsubscribe = undefined;
      clearInterval(timer);
      timer = undefined;
    },
  };
}

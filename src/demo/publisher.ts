import { type DemoLog, messageOf } from './log.ts';
import type { Market, MarketChange } from './market.ts';
import { Part, type PartOptions } from './part.ts';

/** Sends one message to everybody on that channel. */
export type Publish = (channel: string, message: string) => void | Promise<void>;

const maxUnfinished = 100;
const warnEveryMs = 10_000;

/** Without `publish`, what is emitted goes nowhere. */
export class Publisher {
  readonly #publish: Publish | undefined;
  readonly #log: DemoLog;
  #unfinished = 0;
  #failed = 0;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(publish: Publish | undefined, log: DemoLog) {
    this.#publish = publish;
    this.#log = log;
  }

  emit(channel: string, body: object): void {
    if (this.#publish === undefined) return;
    // A publisher that neither succeeds nor fails must not collect messages without bound.
    if (this.#unfinished >= maxUnfinished) {
      this.#fail(`${maxUnfinished} publishes are unfinished`);
      return;
    }
    try {
      const publishing = this.#publish(channel, JSON.stringify(body));
      if (publishing !== undefined) void this.#finish(publishing);
    } catch (error) {
      this.#fail(messageOf(error));
    }
  }

  async #finish(publishing: Promise<void>): Promise<void> {
    this.#unfinished += 1;
    try {
      await publishing;
    } catch (error) {
      this.#fail(messageOf(error));
    } finally {
      this.#unfinished -= 1;
    }
  }

  #fail(error: string): void {
    this.#failed += 1;
    if (performance.now() - this.#warnedAt < warnEveryMs) return;
    this.#warnedAt = performance.now();
    this.#log.warn({ error, failed: this.#failed }, 'demo event not published');
  }
}

/** Of five price events four are about the default symbol, the fifth about the others in turn. */
const othersEvery = 5;

/**
 * Publishes partial documents between the steps: prices now and then, status and log changes at once.
 *
 * @param eventsPerSecond price events; status and log changes come besides. 0: none
 */
export function marketEvents(
  market: Market,
  channel: string,
  eventsPerSecond: number,
  { clock, emit }: Pick<PartOptions, 'clock' | 'emit'>,
): Part {
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

  return new Part(() => {
    const unsubscribe = market.subscribe(emitChange);
    const endPrices = eventsPerSecond > 0 ? clock.every(1000 / eventsPerSecond, emitPrice) : undefined;
    return () => {
      unsubscribe();
      endPrices?.();
    };
  });
}

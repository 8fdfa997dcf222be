import type { TelemetryClient, TelemetryDocument, Unsubscribe } from '../../client/index.ts';
import type { FetchHistory, HistoryPoint } from './history.ts';
import { figure, isConnected, isPaused, wasFresh } from './knowledge.ts';
import { LatencyTracks, latencySeconds } from './latency.ts';
import { Track, type TrackPoint } from './track.ts';

const second = 1000;
/** As far back as the gateway tells. */
const windowSeconds = 600;
const retryMs = 5000;
const pricePath = 'market.price';
const profitPath = 'portfolio.daily_pnl';

export interface RecorderOptions {
  readonly client: Pick<TelemetryClient, 'document' | 'status' | 'freshness' | 'granted' | 'wanted' | 'on'>;
  readonly fetchHistory: FetchHistory;
  /** Epoch ms. Default: the system's. */
  readonly now?: () => number;
}

/** What the charts show: the past as the gateway tells it, continued by what comes in here. */
export class Recorder {
  readonly price = new Track({ stepMs: second, length: windowSeconds });
  readonly profit = new Track({ stepMs: second, length: windowSeconds });
  readonly latencies = new LatencyTracks();
  readonly #options: Required<RecorderOptions>;
  readonly #listeners = new Set<() => void>();
  readonly #leave: readonly Unsubscribe[];
  readonly #timer: ReturnType<typeof setInterval>;
  #symbol = '';
  #sections = '';
  /** From when on the tracks may lack something that the gateway knows; undefined: they lack nothing. */
  #missingSince: number | undefined = 0;
  #retryAt = 0;
  #isFilling = false;

  constructor({ now = Date.now, ...options }: RecorderOptions) {
    this.#options = { now, ...options };
    const { client } = options;
    this.#leave = [client.on('update', () => this.#take()), client.on('freshness', () => this.#take())];
    this.#timer = setInterval(() => this.tick(), second);
  }

  /** Calls back when a track may have changed: often. */
  onChange(listener: () => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A value that did not change is still valid now: the tracks are extended by it. */
  tick(): void {
    const at = this.#options.now();
    for (const track of [this.price, this.profit, this.latencies]) track.advance(at);
    this.#fillWhereDue();
    this.#tell();
  }

  close(): void {
    for (const leave of this.#leave) leave();
    clearInterval(this.#timer);
  }

  #take(): void {
    const { client, now } = this.#options;
    const { document, freshness } = client;
    const isFresh = (path: string): boolean => freshness.of(path).state === 'fresh';
    const at = now();
    this.#notice(document);
    if (!isConnected(client.status) || isPaused(client)) this.#missingSince ??= at;
    // A stale value is not drawn: it would look current.
    this.price.put({ at, value: isFresh(pricePath) ? priceOf(document) : null });
    this.profit.put({ at, value: isFresh(profitPath) ? profitOf(document) : null });
    this.latencies.put(document, at, isFresh);
    this.#fillWhereDue();
    this.#tell();
  }

  /** Another symbol has another past; sections that come into view have one that was not told yet. */
  #notice(document: TelemetryDocument): void {
    const symbol = document.market?.symbol;
    const sections = ['market', 'portfolio', 'agents', 'models']
      .filter((section) => document[section] !== undefined)
      .join();
    if (typeof symbol === 'string' && symbol !== '' && symbol !== this.#symbol) {
      this.price.clear();
      this.#symbol = symbol;
      this.#missingSince = 0;
    }
    // Without `market` in the view the symbol may change unnoticed. (No sections: the engine has not answered yet.)
    if (document.market === undefined && sections !== '') this.#symbol = '';
    if (sections !== this.#sections) this.#missingSince = 0;
    this.#sections = sections;
  }

  #fillWhereDue(): void {
    const { client, now } = this.#options;
    const since = this.#missingSince;
    if (since === undefined || this.#isFilling || now() < this.#retryAt) return;
    if (!isConnected(client.status) || isPaused(client)) return;
    this.#isFilling = true;
    this.#missingSince = undefined;
    this.#fill(since)
      .catch(() => {
        this.#missingSince = Math.min(since, this.#missingSince ?? since);
        this.#retryAt = now() + retryMs;
      })
      .finally(() => {
        this.#isFilling = false;
      });
  }

  async #fill(since: number): Promise<void> {
    const { client, fetchHistory, now } = this.#options;
    const symbol = this.#symbol;
    const age = Math.ceil((now() - since) / second) + 1;
    // While it polls, the gateway grants nothing in so many words.
    const asked = client.granted ?? client.wanted;
    const query = { step: 1, symbol: asked.symbol ?? undefined };
    const told = await fetchHistory({
      ...query,
      seconds: Math.min(windowSeconds, age),
      sections: ['market', 'portfolio'],
    });
    // Meanwhile another symbol was chosen, whose past will be asked for next.
    if (symbol !== this.#symbol) return;
    const past = told.filter(({ document }) => isOfSymbol(document, symbol));
    this.price.fill(pointsOf(past, pricePath, priceOf), now());
    this.profit.fill(pointsOf(past, profitPath, profitOf), now());
    this.#tell();
    const seconds = Math.min(latencySeconds, age);
    this.latencies.fill(await fetchHistory({ ...query, seconds, sections: ['agents', 'models'] }), now());
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Before the engine has answered, a document is of no symbol yet; nor is a view without `market`. */
function isOfSymbol({ market }: TelemetryDocument, symbol: string): boolean {
  return symbol === '' || !market?.symbol || market.symbol === symbol;
}

function pointsOf(
  past: readonly HistoryPoint[],
  path: string,
  read: (document: TelemetryDocument) => number | null,
): TrackPoint[] {
  return past.map(({ at, document }) => ({ at, value: wasFresh(document, path) ? read(document) : null }));
}

function priceOf(document: TelemetryDocument): number | null {
  return figure(document, document.market?.price);
}

function profitOf(document: TelemetryDocument): number | null {
  return figure(document, document.portfolio?.daily_pnl);
}

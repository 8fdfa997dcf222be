import type { TelemetryClient, TelemetryDocument, Unsubscribe } from '../../client/index.ts';
import type { FetchHistory, HistoryPoint, HistoryQuery } from './history.ts';
import { figure, isConnected, isPaused, wasFresh } from './knowledge.ts';
import { LatencyTracks, latencySeconds } from './latency.ts';
import { type FarTrack, nearSeconds, PriceTracks } from './price-tracks.ts';
import { Track, type TrackPoint } from './track.ts';

const second = 1000;
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
  readonly price = new PriceTracks();
  readonly profit = new Track({ stepMs: second, length: nearSeconds });
  readonly latencies = new LatencyTracks();
  readonly #options: Required<RecorderOptions>;
  readonly #listeners = new Set<() => void>();
  readonly #leave: readonly Unsubscribe[];
  readonly #timer: ReturnType<typeof setInterval>;
  #symbol = '';
  #sections = '';
  /** Of the price, that somebody looks at. */
  #shownSeconds: number = nearSeconds;
  /** From when on the near tracks may lack something that the gateway knows; undefined: they lack nothing. */
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

  /** Somebody looks at the last so many seconds of the price: has what is missing of them. */
  show(seconds: number): void {
    this.#shownSeconds = seconds;
    this.#fillWhereDue();
  }

  /** Seconds from the oldest price that is known, here or to the gateway, to now. */
  get pastSeconds(): number {
    return this.price.pastSeconds(this.#options.now());
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
    if (!isConnected(client.status) || isPaused(client)) {
      this.#missingSince ??= at;
      this.price.missFrom(at);
    }
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
    if (this.#isFilling || now() < this.#retryAt) return;
    if (!isConnected(client.status) || isPaused(client)) return;
    const far = this.price.far(this.#shownSeconds);
    if (this.#missingSince !== undefined) {
      const since = this.#missingSince;
      this.#missingSince = undefined;
      this.#run(this.#fillNear(since), () => {
        this.#missingSince = Math.min(since, this.#missingSince ?? since);
      });
    } else if (far?.missingSince !== undefined) {
      const since = far.missingSince;
      far.missingSince = undefined;
      this.#run(this.#fillFar(far, since), () => {
        far.missingSince = Math.min(since, far.missingSince ?? since);
      });
    }
  }

  #run(filling: Promise<void>, onFailed: () => void): void {
    this.#isFilling = true;
    filling
      .catch(() => {
        onFailed();
        this.#retryAt = this.#options.now() + retryMs;
      })
      .finally(() => {
        this.#isFilling = false;
      });
  }

  async #fillNear(since: number): Promise<void> {
    const { fetchHistory, now } = this.#options;
    const age = this.#ageOf(since);
    const query = this.#query(1);
    const past = await this.#pastOf({
      ...query,
      seconds: Math.min(nearSeconds, age),
      sections: ['market', 'portfolio'],
    });
    // Meanwhile another symbol was chosen, whose past will be asked for next.
    if (past === undefined) return;
    this.price.near.fill(pointsOf(past, pricePath, priceOf), now());
    this.profit.fill(pointsOf(past, profitPath, profitOf), now());
    this.#tell();
    const seconds = Math.min(latencySeconds, age);
    const { points } = await fetchHistory({ ...query, seconds, sections: ['agents', 'models'] });
    this.latencies.fill(points, now());
    this.#tell();
  }

  async #fillFar({ track, seconds }: FarTrack, since: number): Promise<void> {
    const past = await this.#pastOf({
      ...this.#query(track.stepMs / second),
      seconds: Math.min(seconds, this.#ageOf(since)),
      sections: ['market'],
    });
    if (past !== undefined) track.fill(pointsOf(past, pricePath, priceOf), this.#options.now());
    this.#tell();
  }

  /** Undefined where another symbol was chosen before the gateway answered. */
  async #pastOf(query: HistoryQuery): Promise<readonly HistoryPoint[] | undefined> {
    const symbol = this.#symbol;
    const { points, since } = await this.#options.fetchHistory(query);
    if (symbol !== this.#symbol) return undefined;
    if (since !== undefined) this.price.reaches(since);
    return points.filter(({ document }) => isOfSymbol(document, symbol));
  }

  #query(step: number) {
    const { granted, wanted } = this.#options.client;
    // While it polls, the gateway grants nothing in so many words.
    return { step, symbol: (granted ?? wanted).symbol ?? undefined };
  }

  /** Seconds since then, the one that runs included. */
  #ageOf(at: number): number {
    return Math.ceil((this.#options.now() - at) / second) + 1;
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

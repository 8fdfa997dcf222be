import type { ConnectionEnd } from '../client/connection.ts';
import { type EventStreamListener, readEventStream } from '../client/event-stream.ts';
import { requestFault } from '../client/http-request.ts';
import type { Fetch } from '../client/index.ts';
import { backoffMs } from '../core/backoff.ts';
import type { Cancel, Clock } from '../core/clock.ts';
import { skewOf } from './model/history.ts';
import {
  learn,
  type MetricsKnowledge,
  type MetricsNews,
  nothingKnown,
  readMetricsEvent,
} from './model/metrics-knowledge.ts';
import type { MetricsSettings } from './model/metrics-settings.ts';

export interface MetricsWatchOptions {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Of the page; undefined: it has none. */
  readonly tokenNow: () => string | undefined;
  readonly onChange: (knowledge: MetricsKnowledge) => void;
}

/** For the gateway to answer. */
const answerMs = 10_000;
/** The gateway sends a comment every 15 s, whatever happens: without one, nobody knows whether figures are current. */
const silentAfterMs = 20_000;
/** Silent for so long, the stream is made anew. */
const deadAfterMs = silentAfterMs + 10_000;
/** How soon it is noticed that the machine slept. */
const lookEveryMs = 1000;
const wait = { baseMs: 500, maxMs: 5000 };
/** Where the gateway refuses, more attempts are of no use until its settings change. */
const refusedWaitMs = 60_000;

/** Keeps a stream of the metrics of one range open, and says how current they are. */
export class MetricsWatch {
  readonly #options: MetricsWatchOptions;
  #settings: MetricsSettings | undefined;
  #knowledge = nothingKnown;
  #isPaused = false;
  /** Ends the stream. */
  #stream: AbortController | undefined;
  #failures = 0;
  /** The last sign of life, epoch ms. */
  #heardAt = 0;
  /** The same by the clock that nobody sets. */
  #heardAtMonotonic = 0;
  #cancelWait: Cancel | undefined;

  constructor(options: MetricsWatchOptions) {
    this.#options = options;
  }

  /** Of these from now on; figures of another range are forgotten. */
  show(settings: MetricsSettings): void {
    if (settings.hours !== this.#settings?.hours) this.#knowledge = nothingKnown;
    this.#settings = settings;
    this.renew();
  }

  /** Without a stream until it is to `resume`: nobody looks. */
  pause(): void {
    this.#isPaused = true;
    this.#drop();
    this.#learn({ kind: 'connecting' });
  }

  resume(): void {
    this.#isPaused = false;
    this.renew();
  }

  /** By a new stream, with the token of now. */
  renew(): void {
    this.#failures = 0;
    this.#drop();
    this.#learn({ kind: 'connecting' });
    if (!this.#isPaused) this.#open();
  }

  /** Something else says that the gateway is silent: until this stream brings a sign of life, it counts as silent. */
  doubt(): void {
    const { link, isSilent } = this.#knowledge;
    if (link === 'open' && !isSilent) this.#learn({ kind: 'silent', since: this.#heardAt });
  }

  /** Something else says that the gateway is there again: a stream that may be dead is made anew. */
  reassure(): void {
    const { link, isSilent } = this.#knowledge;
    if (isSilent || link === 'lost') this.renew();
  }

  /** For good: nothing is told any more. */
  close(): void {
    this.#isPaused = true;
    this.#drop();
  }

  #open(): void {
    if (this.#settings === undefined) return;
    const { fetch, clock, tokenNow } = this.#options;
    const { hours, interval } = this.#settings;
    const stream = new AbortController();
    this.#stream = stream;
    const end = (how: ConnectionEnd): void => {
      if (this.#stream === stream) this.#end(how);
    };
    this.#cancelWait = clock.after(answerMs, () => end({ reason: `no answer in ${answerMs / 1000} s` }));
    readEventStream(
      {
        fetch,
        url: `api/stream/metrics?hours=${hours}&interval=${interval}`,
        token: tokenNow(),
        signal: stream.signal,
      },
      this.#listenerTo(stream),
    )
      .catch(requestFault)
      .then(end, () => {});
  }

  /** What comes of a stream that was ended is ignored. */
  #listenerTo(stream: AbortController): EventStreamListener {
    let skewMs = 0;
    const isCurrent = (): boolean => this.#stream === stream;
    return {
      onOpen: (headers) => {
        skewMs = skewOf(headers.get('date'));
        if (!isCurrent()) return;
        this.#learn({ kind: 'opened' });
        this.#heard();
      },
      onHeard: () => {
        if (isCurrent()) this.#heard();
      },
      onEvent: (data, name) => {
        const news = readMetricsEvent(data, name, skewMs);
        if (news === undefined || !isCurrent()) return;
        this.#failures = 0;
        this.#learn(news);
      },
    };
  }

  /** Silence begins anew. */
  #heard(): void {
    const { clock } = this.#options;
    this.#heardAt = clock.now();
    this.#heardAtMonotonic = clock.monotonic();
    this.#cancelWait?.();
    this.#listen();
    if (this.#knowledge.isSilent) this.#learn({ kind: 'heard' });
  }

  /** By two clocks: while the machine sleeps, timers and the monotonic one may stand still. */
  #listen(): void {
    const { clock } = this.#options;
    this.#cancelWait = clock.after(lookEveryMs, () => {
      const silentMs = Math.max(clock.now() - this.#heardAt, clock.monotonic() - this.#heardAtMonotonic);
      if (silentMs >= deadAfterMs) {
        this.#end({ reason: 'the gateway fell silent' });
        return;
      }
      if (silentMs >= silentAfterMs) this.doubt();
      this.#listen();
    });
  }

  #end({ reason, refuses, status, retryAfterMs = 0 }: ConnectionEnd): void {
    this.#drop();
    this.#failures += 1;
    const end = status === 404 ? 'missing' : (refuses ?? 'lost');
    const askedMs = Math.min(retryAfterMs, refusedWaitMs);
    const waitMs = end === 'lost' ? Math.max(backoffMs(this.#failures, wait), askedMs) : refusedWaitMs;
    this.#cancelWait = this.#options.clock.after(waitMs, () => this.#open());
    this.#learn({ kind: 'ended', end, reason });
  }

  #drop(): void {
    this.#cancelWait?.();
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.abort();
  }

  #learn(news: MetricsNews): void {
    const { clock, onChange } = this.#options;
    this.#knowledge = learn(this.#knowledge, news, clock.now());
    onChange(this.#knowledge);
  }
}

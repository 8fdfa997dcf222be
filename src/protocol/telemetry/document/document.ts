import { isJsonObject, type JsonObject, type JsonValue, withoutKey } from '../../../core/json.ts';
import { CommitTiming, commitTimingDefaults, type Round } from '../../../feed/commit-timing.ts';
import type { StateFeed, WritableStateFeed } from '../../../feed/state-feed.ts';
import type { Engine } from '../../../source/engine.ts';
import type { PollLane } from '../../../source/engine-client.ts';
import type { PollFailure } from '../../../source/poll-failure.ts';
import { Poller } from '../../../source/poller.ts';
import type { Source, SourceChange } from '../../../source/source.ts';
import type { SourceBoard } from '../../../source/source-board.ts';
import { Standstill } from '../../../source/standstill.ts';
import { type RoundListener, Supervisor } from '../../../source/supervisor.ts';
import type { Context } from '../../dialect.ts';
import type { TelemetrySettings } from '../settings.ts';
import { Aggregate, symbolOf } from './aggregate.ts';
import { DocumentSources } from './document-sources.ts';
import { answerTimeOf } from './engine-time.ts';
import type { Normalised } from './normalise.ts';
import type { Ownership } from './ownership.ts';
import { initialDocument } from './shape.ts';
import type { StateRemarks } from './state-remarks.ts';
import { urgencyOf } from './urgency.ts';

/** What all documents share. */
export interface DocumentContext extends Pick<Context, 'feeds' | 'clock' | 'log' | 'meter'> {
  readonly engine: Pick<Engine, 'get'>;
  readonly ownership: Ownership;
  readonly remarks: StateRemarks;
  /** From one poll of the state to the next, in ms. */
  readonly periodMs: () => number;
  readonly settings: TelemetrySettings;
}

/** One thing that a document polls. */
interface Polled {
  readonly name: string;
  /** Its name in logs and metrics. Default: `name`. */
  readonly label?: string;
  /** On the board of the document. */
  readonly source: Source;
  readonly path: string;
  readonly timeoutMs?: number | undefined;
  readonly lane?: PollLane;
}

interface DocumentOptions {
  readonly feedName: string;
  /** Starts the polls, and returns how to stop them; see `NamedStateOptions`. */
  readonly write?: () => () => void;
  readonly polled: readonly Polled[];
  readonly board: SourceBoard;
  /** Told of each answer that was applied. `wasAnswering`: whether its source was fresh before. */
  readonly onAnswer?: (name: string, answer: JsonObject, startedAt: number, wasAnswering: boolean) => void;
  /** Of a symbol's document: the symbol, and the shared sections until the first `share`. */
  readonly ofSymbol?: { readonly symbol: string; readonly shared: JsonObject };
}

/**
 * The state of the engine, or of one symbol: answers of polls and events are merged into a pending document, which is
 * committed as versions of a feed.
 *
 * ```
 *   poll ──> answered ──> aggregate ──> pending document ──> commit ──> version of the feed
 *   Redis ──> event ──────────^                                ^
 *   each of these, failed, sourcesChanged, share ──> timing ───┘
 * ```
 */
export class Document {
  readonly #options: DocumentOptions;
  readonly #ownership: Ownership;
  readonly #feed: WritableStateFeed;
  readonly #aggregate: Aggregate;
  readonly #sources: DocumentSources;
  readonly #standstill: Standstill;
  protected readonly timing: CommitTiming;
  readonly #polls: Supervisor<Normalised>;
  readonly #stops: readonly (() => void)[];
  #spokenSince: number | undefined;
  /** Of a symbol's document: the sections that it shows of the engine's. */
  #shared: JsonObject | undefined;
  /** The newest round, until the engine's document has shared what the same tick changed there. */
  #round: Round | undefined;

  constructor(options: DocumentOptions, context: DocumentContext) {
    const { feedName, write, polled, board, ofSymbol } = options;
    const { engine, feeds, ownership, remarks, settings, clock, meter } = context;
    this.#options = options;
    this.#ownership = ownership;
    this.#shared = ofSymbol?.shared;
    this.#sources = new DocumentSources(context, () => this.timing.soon());
    const initial = this.#complete(initialDocument(clock.now(), ofSymbol?.symbol));
    this.#feed = feeds.state(feedName, { initial, write });
    this.#aggregate = new Aggregate(this.#feed, ofSymbol?.symbol, context);
    this.#standstill = new Standstill(settings.STATE_MAX_AGE_MS, context);
    const rates = { ...commitTimingDefaults, maxRateHz: settings.MAX_RATE_HZ };
    this.timing = new CommitTiming(clock, rates, () => this.#commit());
    const sources = polled.map(
      ({ name, label = name, source, path, timeoutMs = settings.POLL_TIMEOUT_MS, lane = 'sources' }) => {
        const read = (body: JsonValue): Normalised => this.#aggregate.readAnswer(name, body);
        const poller = new Poller({ name: label, path, timeoutMs, lane, read, engine, clock, meter });
        return { source, poller };
      },
    );
    this.#polls = new Supervisor(sources, context, (polls) => this.#startRound(polls));
    this.#stops = [
      board.onChange((name, change) => this.#sourcesChanged(name, change)),
      remarks.onChange(() => this.timing.now()),
    ];
  }

  get feed(): StateFeed {
    return this.#feed;
  }

  /** The first version with data of the engine; undefined before: all values are placeholders then. */
  get spokenSince(): number | undefined {
    return this.#spokenSince;
  }

  /** The symbol it is about; undefined before the engine said so. */
  get symbol(): string | undefined {
    return this.#options.ofSymbol?.symbol ?? symbolOf(this.#feed.pending);
  }

  /** Whether the state is polled with success, whether or not it moves. */
  get isAnswering(): boolean {
    return this.#options.polled.some(({ name, source }) => name === 'state' && source.isAnswering);
  }

  /** Polls these now; one that is being polled is left out. */
  poll(labels: ReadonlySet<string>): void {
    this.#polls.poll(labels);
  }

  /** Polls these out of turn; one that is being polled is polled once more after. */
  pollAfresh(labels: ReadonlySet<string>): void {
    this.#polls.pollAfresh(labels);
  }

  /** Applies an event that passed the intake. False where the document would be too large. */
  event(event: JsonObject, receivedAt: number, bytes: number): boolean {
    const patch = this.#aggregate.applyEvent(event, receivedAt, bytes);
    if (patch === undefined) return false;
    this.#sources.noteEvent(patch, receivedAt);
    for (const { name, source } of this.#options.polled) source.note(this.#aggregate.notesOf(name));
    this.timing.event(urgencyOf(this.#feed.pending, this.#feed.current.document).includes('now'));
    return true;
  }

  /**
   * Takes the shared sections of a new version of the engine's document. They are committed together with the answer
   * to its own poll of the same tick, where that is still awaited.
   */
  share(shared: JsonObject, isUrgent: boolean): void {
    // Commits put shared sections into its own document too: those that are gone have to go there as well.
    const gone = Object.keys(this.#shared ?? {}).filter((key) => !Object.hasOwn(shared, key));
    this.#feed.stage(gone.reduce((document, key) => withoutKey(document, key), this.#feed.pending));
    this.#shared = shared;
    const round = this.#round;
    this.#round = undefined;
    if (round !== undefined) round.answered();
    else if (isUrgent) this.timing.now();
    else this.timing.event();
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#sources.stop();
    this.timing.stop();
    this.#feed.close();
  }

  #startRound(polls: number): RoundListener<Normalised> {
    // A tick is to be one version: a symbol's document waits for what the tick changes in the engine's, too.
    const round = this.timing.startRound(this.#shared === undefined ? polls : polls + 1);
    this.#round = round;
    return {
      answered: (label, answer, startedAt) => this.answered(label, answer, startedAt, round),
      failed: (_label, changed, failure) => this.failed(failure, changed, round),
    };
  }

  protected answered(label: string, answer: Normalised, startedAt: number, round: Round): void {
    const polled = this.#options.polled.find(({ name, label: own = name }) => own === label);
    if (polled === undefined) return;
    const { name, source } = polled;
    this.#aggregate.applyAnswer(name, answer, startedAt);
    const wasAnswering = source.isAnswering;
    source.note(this.#aggregate.notesOf(name));
    source.succeeded(name === 'state' ? this.#standstill.answered(answerTimeOf(answer.document)) : undefined);
    this.#options.onAnswer?.(name, answer.document, startedAt, wasAnswering);
    round.answered();
  }

  /** @param changed whether it changed what is shown of the source */
  protected failed(_failure: PollFailure, changed: boolean, round: Round): void {
    round.failed(changed);
  }

  /** Changes that answers and events make to polled sources are committed with those. */
  #sourcesChanged(name: string, change: SourceChange): void {
    const isPolled = this.#options.polled.some((polled) => polled.name === name);
    if (change === 'aged' || (change !== 'turned' && !isPolled)) this.timing.soon();
  }

  /** `sources` are put in at the commit, so that a change of freshness is in the version of the data it came with. */
  #commit(): void {
    this.#feed.stage(this.#complete(this.#feed.pending));
    this.#feed.commit();
    if (this.#aggregate.hasSpoken) this.#spokenSince ??= this.#feed.current.seq;
  }

  /** The document with `sources`, and with the sections shared by the engine's document. */
  #complete(document: JsonObject): JsonObject {
    const sources = this.#sources.of(this.#options.board.states);
    const shared = this.#shared;
    if (shared === undefined) return { ...document, sources };
    const ofEngine = isJsonObject(shared.sources) ? shared.sources : {};
    return { ...this.#ownership.ownPart('state', document), ...shared, sources: { ...ofEngine, ...sources } };
  }
}

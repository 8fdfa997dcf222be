import type { Cancel } from '../../../core/clock.ts';
import type { JsonObject, JsonValue } from '../../../core/json.ts';
import { Bound, type Lease, Registry } from '../../../feed/registry.ts';
import { Schedule } from '../../../source/schedule.ts';
import type { Context } from '../../dialect.ts';
import { type FurtherSource, type TelemetrySettings, telemetrySettings } from '../settings.ts';
import { symbolOf } from './aggregate.ts';
import { Document, type DocumentContext } from './document.ts';
import { StateEventIntake } from './event-intake.ts';
import { engineSources, Ownership } from './ownership.ts';
import { SymbolDocument } from './symbol-document.ts';
import { urgencyOf } from './urgency.ts';

/** How long the document of a symbol, its history and its epoch are kept after its last viewer. */
const symbolLingerMs = 30_000;

/** @param startedAt when the poll was started, monotonic ms */
export type StatusListener = (status: JsonValue | undefined, startedAt: number) => void;

/** What commands need of the state's polls. */
export type PolledState = Pick<Documents, 'onStatus' | 'poll'>;

const statePoll: ReadonlySet<string> = new Set(['state']);

/**
 * The engine's document, and one for each symbol in use: polls them by schedule, and routes events to them.
 */
export class Documents {
  readonly engine: Document;
  readonly #settings: TelemetrySettings;
  readonly #context: DocumentContext;
  readonly #intake: StateEventIntake;
  readonly #sources: readonly FurtherSource[];
  /** By their cron expressions. */
  readonly #schedules = new Map<string, Schedule>();
  readonly #symbols = new Map<string, SymbolDocument>();
  readonly #registry: Registry<string, SymbolDocument>;
  readonly #statusListeners = new Set<StatusListener>();
  /** The sections of the engine's newest version that all symbols share: all that `state` does not own. */
  #shared: JsonObject;

  constructor(
    settings: TelemetrySettings,
    parts: Omit<DocumentContext, 'ownership' | 'periodMs' | 'settings'> & Pick<Context, 'board'>,
  ) {
    this.#settings = settings;
    this.#sources = [...engineSources, ...settings.sources];
    const periodMs = (): number => this.#scheduleOf().periodMs();
    this.#context = { ...parts, ownership: new Ownership(this.#sources), periodMs, settings };
    this.#intake = new StateEventIntake(parts);
    const polled = this.#sources.map((source) => {
      const schedule = this.#scheduleOf(source.everyCron);
      const freshMs = (): number => 2 * schedule.periodMs();
      const opened = parts.board.open(source.name, { freshMs, required: source.name === 'state' });
      return { ...source, source: opened };
    });
    this.engine = new Document(
      {
        ...{ feedName: telemetrySettings.name, polled, board: parts.board },
        write: () => this.#startPolls(),
        onAnswer: (...answer) => this.#engineAnswered(...answer),
      },
      this.#context,
    );
    this.#shared = this.#sharedOf(this.engine.feed.current.document);
    this.engine.feed.onVersion(({ document }, previous) => this.#share(document, previous.document));
    this.#registry = new Registry({
      clock: parts.clock,
      key: (symbol: string) => symbol,
      open: (symbol) => {
        const document = new SymbolDocument({ symbol, shared: this.#shared }, this.#context);
        this.#symbols.set(symbol, document);
        return document;
      },
      rest: (document) => document.rest(),
      wake: (document) => document.wake(),
      close: (document) => {
        this.#symbols.delete(document.symbol ?? '');
        document.close();
      },
      lingerMs: symbolLingerMs,
      bound: new Bound(settings.MAX_SYMBOLS),
    });
  }

  /** The schedule of a cron expression, shared by all sources that have it. Default: that of the state. */
  #scheduleOf(cron = this.#settings.POLL_CRON): Schedule {
    const known = this.#schedules.get(cron);
    if (known !== undefined) return known;
    const { clock, log } = this.#context;
    const schedule: Schedule = new Schedule(cron, clock, log, () => this.#tick(schedule));
    this.#schedules.set(cron, schedule);
    return schedule;
  }

  #tick(schedule: Schedule): void {
    const due = this.#sources.filter(({ everyCron }) => this.#scheduleOf(everyCron) === schedule);
    this.engine.poll(new Set(due.map(({ name }) => name)));
    if (schedule === this.#scheduleOf()) for (const symbol of this.#symbols.values()) symbol.poll();
  }

  /** Polls all sources at once, then by schedule. Returns how to stop. */
  #startPolls(): () => void {
    this.engine.poll(new Set(this.#sources.map(({ name }) => name)));
    for (const schedule of this.#schedules.values()) schedule.start();
    return () => {
      for (const schedule of this.#schedules.values()) schedule.stop();
    };
  }

  #engineAnswered(name: string, { status }: JsonObject, startedAt: number, wasAnswering: boolean): void {
    if (name !== 'state') return;
    if (!wasAnswering) this.#context.log.info({}, 'engine connected');
    for (const listener of this.#statusListeners) listener(status, startedAt);
  }

  /** Passes changes of the shared sections on to the documents of symbols. */
  #share(document: JsonObject, before: JsonObject): void {
    const shared = this.#sharedOf(document);
    const isChanged = Object.keys({ ...this.#shared, ...shared }).some(
      (key) => document[key] !== before[key],
    );
    this.#shared = shared;
    if (!isChanged) return;
    const isUrgent = urgencyOf(document, before).includes('limited');
    for (const symbol of this.#symbols.values()) symbol.share(this.#shared, isUrgent);
  }

  #sharedOf(document: JsonObject): JsonObject {
    const { ownership } = this.#context;
    return Object.fromEntries(Object.entries(document).filter(([key]) => ownership.ownerOf(key) !== 'state'));
  }

  /** The document of a symbol; undefined where `MAX_SYMBOLS` are in use. */
  acquire(symbol: string, holder?: string): Lease<SymbolDocument> | undefined {
    return this.#registry.acquire(symbol, holder);
  }

  /** Applies a message of the event channel to every document that it is about. */
  onEvent(message: Buffer): void {
    const receivedAt = this.#context.clock.monotonic();
    const event = this.#intake.read(message);
    if (event === undefined) return;
    const apply = (document: Document, part: JsonObject): void => {
      if (!document.event(part, receivedAt, message.length))
        this.#intake.refuse('document_full', 'the document is full');
    };
    const symbol = symbolOf(event);
    const ofEngine = this.engine.symbol;
    const isEngines = symbol === undefined || ofEngine === undefined || ofEngine === symbol;
    const ofSymbol = symbol === undefined ? undefined : this.#symbols.get(symbol);
    const stateOnly = ofSymbol === undefined ? undefined : this.#context.ownership.ownPart('state', event);
    // Counted once per event of which anything is dropped: events about a symbol cannot change shared sections.
    if (!isEngines && stateOnly !== event) this.#intake.refuse('other_symbol', symbol ?? '');
    if (isEngines) apply(this.engine, event);
    if (ofSymbol !== undefined && stateOnly !== undefined) apply(ofSymbol, stateOnly);
  }

  /** Tells the `status` in each answer to a poll of the engine's own state. Returns how to stop listening. */
  onStatus(listener: StatusListener): Cancel {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  /** Polls the state of every document out of turn. */
  poll(): void {
    this.engine.pollAfresh(statePoll);
    for (const symbol of this.#symbols.values()) symbol.pollAfresh();
  }

  close(): void {
    this.#registry.close();
    this.engine.close();
  }
}

import type { Cancel } from '../../../core/clock.ts';
import type { JsonObject } from '../../../core/json.ts';
import { Bound, type Lease, Registry } from '../../../feed/registry.ts';
import { Schedule } from '../../../source/schedule.ts';
import { type FurtherSource, type TelemetrySettings, telemetrySettings } from '../settings.ts';
import { symbolOf } from './aggregate.ts';
import { Document, type DocumentContext } from './document.ts';
import { EventIntake } from './event-intake.ts';
import { engineSources, Ownership } from './ownership.ts';
import type { PolledState, StatusListener } from './polled-state.ts';
import { SymbolDocument } from './symbol-document.ts';
import { urgencyOf } from './urgency.ts';

/** How long the document of a symbol outlives its last viewer, with its history and its epoch. */
const symbolLingerMs = 30_000;

/** The engine's document, and those of the symbols that somebody looks at: when they are polled, and which event is whose. */
export class Documents implements PolledState {
  readonly engine: Document;
  readonly #context: DocumentContext;
  readonly #ownership: Ownership;
  readonly #intake: EventIntake;
  readonly #schedules = new Map<string, Schedule>();
  readonly #symbols = new Map<string, SymbolDocument>();
  readonly #registry: Registry<string, SymbolDocument>;
  readonly #statusListeners = new Set<StatusListener>();
  /** Of the engine's document all that is not its state's, as it was committed last. */
  #shared: JsonObject;

  constructor(settings: TelemetrySettings, context: DocumentContext) {
    const { board, clock, log } = context;
    this.#context = context;
    this.#intake = new EventIntake(context);
    const sources: readonly FurtherSource[] = [...engineSources, ...settings.sources];
    const cronOf = ({ everyCron = settings.POLL_CRON }: FurtherSource): string => everyCron;
    const periodMsOf = (cron: string): number => this.#schedules.get(cron)?.periodMs() ?? 1000;
    const ownership = new Ownership(sources);
    this.#ownership = ownership;
    const common = { ownership, periodMs: () => periodMsOf(settings.POLL_CRON), settings };
    this.engine = new Document(
      {
        ...common,
        feedName: telemetrySettings.name,
        write: () => this.#startPolls(),
        board,
        polled: sources.map((source) => ({
          ...source,
          source: board.open(source.name, {
            freshMs: () => 2 * periodMsOf(cronOf(source)),
            required: source.name === 'state',
          }),
        })),
        onAnswer: (...answer) => this.#engineAnswered(...answer),
      },
      context,
    );
    for (const cron of new Set([settings.POLL_CRON, ...sources.map(cronOf)])) {
      const names = new Set(sources.filter((source) => cronOf(source) === cron).map(({ name }) => name));
      const onTick = (): void => {
        this.engine.poll(names);
        if (cron === settings.POLL_CRON) for (const document of this.#symbols.values()) document.poll();
      };
      this.#schedules.set(cron, new Schedule(cron, clock, log, onTick));
    }
    this.#shared = this.#sharedOf(this.engine.feed.current.document);
    this.engine.feed.onVersion(({ document }, previous) => this.#share(document, previous.document));
    this.#registry = new Registry({
      clock,
      key: (symbol: string) => symbol,
      open: (symbol) => {
        const document = new SymbolDocument({ symbol, shared: this.#shared }, common, context);
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

  /** All at once, then by schedule. Returns how to stop. */
  #startPolls(): () => void {
    this.engine.poll();
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

  /** Has the symbols' documents show what a version of the engine's brought of all but its state. */
  #share(document: JsonObject, before: JsonObject): void {
    this.#shared = this.#sharedOf(document);
    if (Object.keys(this.#shared).every((key) => document[key] === before[key])) return;
    const isUrgent = urgencyOf(document, before).includes('limited');
    for (const symbol of this.#symbols.values()) symbol.share(this.#shared, isUrgent);
  }

  #sharedOf(document: JsonObject): JsonObject {
    const shared = Object.entries(document).filter(([key]) => this.#ownership.ownerOf(key) !== 'state');
    return Object.fromEntries(shared);
  }

  /** Undefined where `MAX_SYMBOLS` are in use. */
  acquire(symbol: string, holder?: string): Lease<SymbolDocument> | undefined {
    return this.#registry.acquire(symbol, holder);
  }

  /** Takes an event from outside, to every document that it is about. */
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
    const stateOnly = ofSymbol === undefined ? undefined : this.#ownership.ownPart('state', event);
    // Once for an event of which anything is lost: what a symbol's document shares, no event about it can say.
    if (!isEngines && stateOnly !== event) this.#intake.refuse('other_symbol', symbol ?? '');
    if (isEngines) apply(this.engine, event);
    if (ofSymbol !== undefined && stateOnly !== undefined) apply(ofSymbol, stateOnly);
  }

  onStatus(listener: StatusListener): Cancel {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  /** Polls the state of every document out of turn. */
  poll(): void {
    this.engine.pollState();
    for (const document of this.#symbols.values()) document.pollState();
  }

  close(): void {
    this.#registry.close();
    this.engine.close();
  }
}

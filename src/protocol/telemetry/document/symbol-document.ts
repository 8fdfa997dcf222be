import { isJsonObject, type JsonObject, type JsonValue } from '../../../core/json.ts';
import type { Log } from '../../../core/log.ts';
import type { Meter } from '../../../core/meter.ts';
import type { Round } from '../../../feed/commit-timing.ts';
import { Poller } from '../../../source/poller.ts';
import { SourceBoard } from '../../../source/source-board.ts';
import { Supervisor } from '../../../source/supervisor.ts';
import { type TelemetrySettings, telemetrySettings } from '../settings.ts';
import type { EngineDocument } from './engine-document.ts';
import { createMerge, type DocumentDependencies, type TelemetryDocument } from './merged-document.ts';
import type { Normalised } from './normalise.ts';
import { engineSources } from './ownership.ts';
import { initialDocument } from './shape.ts';
import { Standstill } from './standstill.ts';
import { urgencyOf } from './urgency.ts';

/** The document of one symbol: a state of its own, and everything else shared with the engine's document. */
export interface SymbolDocument extends TelemetryDocument {
  /** Resolves once the engine answered, or failed to, since somebody has been looking. */
  readonly settled: Promise<void>;
  /** Nobody looks at present: keeps everything, and asks the engine nothing. */
  rest(): void;
  /** Somebody looks again. */
  wake(): void;
  /** The engine says there is no such symbol. */
  readonly isUnknown: boolean;
  /** Calls the listener when the engine says so. Returns how to stop. */
  onUnknown(listener: () => void): () => void;
}

/** A symbol is no label: metrics count all symbols together, and its state is nobody else's `state`. */
const silentMeter: Meter = { count: () => {}, gauge: () => {}, forget: () => {}, observe: () => {} };
/** Nor is it in the log: there `state` is the engine's. That polls of a symbol fail is logged all the same. */
const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const [stateSource] = engineSources;

export function createSymbolDocument(
  symbol: string,
  engine: EngineDocument,
  settings: TelemetrySettings,
  dependencies: DocumentDependencies,
): SymbolDocument {
  const { client, clock, log, meter } = dependencies;
  const board = new SourceBoard({ clock, log: silentLog, meter: silentMeter });
  const source = board.open('state', { freshMs: () => 2 * engine.periodMs() });
  const { ownership } = engine;

  const complete = (document: JsonObject, sources: JsonObject): JsonObject => {
    const completed: Record<string, JsonValue> = {};
    for (const [key, value] of Object.entries(document)) {
      if (ownership.ownerOf(key) === 'state') completed[key] = value;
    }
    for (const [key, value] of Object.entries(engine.feed.pending)) {
      if (ownership.ownerOf(key) !== 'state') completed[key] = value;
    }
    const shared = engine.feed.current.document.sources;
    return { ...completed, sources: isJsonObject(shared) ? { ...shared, ...sources } : sources };
  };
  const initial = initialDocument(clock.now());
  const market = isJsonObject(initial.market) ? initial.market : {};
  const { periodMs } = engine;
  const merge = createMerge(
    {
      name: `${telemetrySettings.name}/${symbol}`,
      initial: { ...initial, market: { ...market, symbol } },
      ...{ ownership, periodMs, symbol, complete },
      maxRateHz: settings.MAX_RATE_HZ,
      states: () => board.states,
    },
    dependencies,
  );
  const { feed, aggregate, timing } = merge;
  const standstill = new Standstill({ maxAgeMs: settings.STATE_MAX_AGE_MS, periodMs, clock });

  const unknownListeners = new Set<() => void>();
  let isUnknown = false;
  let settle = (): void => {};
  let settled = Promise.resolve();
  let hasSettled = false;
  let round: Round | undefined;
  const supervisor = new Supervisor<Normalised>(
    [
      {
        source,
        poller: new Poller({
          name: 'symbol_state',
          path: `${stateSource.path}?${new URLSearchParams({ symbol })}`,
          timeoutMs: settings.POLL_TIMEOUT_MS,
          engine: client,
          lane: 'symbols',
          clock,
          meter,
          read: (body) => aggregate.readAnswer('state', body),
        }),
      },
    ],
    { clock, log },
    (polls) => {
      // What the engine's document gathers in the same tick counts as one more answer of this round.
      const started = timing.startRound(polls + 1);
      round = started;
      return {
        answered(_name, answer, startedAt) {
          aggregate.applyAnswer('state', answer, startedAt);
          source.note(aggregate.notesOf('state'));
          source.succeeded(standstill.answered(answer.document));
          isUnknown = false;
          // Whoever waits for the first answer is shown it: not what the round may still gather.
          if (!hasSettled) timing.now();
          started.answered();
          settle();
        },
        failed(_name, changed, failure) {
          isUnknown = failure.status === 404;
          if (isUnknown) for (const listener of unknownListeners) listener();
          started.failed(changed);
          settle();
        },
      };
    },
  );
  const poll = (): void => supervisor.poll(new Set(['symbol_state']));
  let stopTicks = (): void => {};
  let awake = false;
  const wake = (): void => {
    awake = true;
    hasSettled = false;
    settled = new Promise((resolve) => {
      settle = () => {
        hasSettled = true;
        resolve();
      };
    });
    stopTicks = engine.onTick(poll);
    source.resume();
    // Who looks now is not to be shown it as fresher than it is, until what is told soon.
    timing.now();
    poll();
  };
  const stopSources = board.onChange((_name, change) => {
    if (change === 'aged') timing.soon();
  });
  const stopShared = engine.feed.onVersion(({ document }, previous) => {
    const shared = Object.keys(document).some(
      (key) => document[key] !== previous.document[key] && ownership.ownerOf(key) !== 'state',
    );
    if (!shared) return;
    if (round !== undefined) round.answered();
    else if (urgencyOf(document, previous.document).includes('limited')) timing.now();
    else timing.event();
    round = undefined;
  });
  wake();

  return {
    feed,
    symbol,
    get spokenSince() {
      return merge.spokenSince;
    },
    get settled() {
      return settled;
    },
    rest() {
      awake = false;
      stopTicks();
      source.pause();
    },
    wake,
    get isUnknown() {
      return isUnknown;
    },
    applyEvent(event, receivedAt, bytes) {
      if (!aggregate.applyEvent(event, receivedAt, bytes)) return false;
      source.note(aggregate.notesOf('state'));
      timing.event(urgencyOf(feed.pending, feed.current.document).includes('now'));
      return true;
    },
    pollState() {
      if (awake) supervisor.pollAfresh(new Set(['symbol_state']));
    },
    onUnknown(listener) {
      unknownListeners.add(listener);
      return () => unknownListeners.delete(listener);
    },
    close() {
      stopTicks();
      stopSources();
      stopShared();
      board.close();
      merge.stop();
    },
  };
}

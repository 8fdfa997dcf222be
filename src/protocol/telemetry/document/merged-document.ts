import type { Clock } from '../../../core/clock.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Log } from '../../../core/log.ts';
import type { Meter } from '../../../core/meter.ts';
import { CommitTiming, commitTimingDefaults } from '../../../feed/commit-timing.ts';
import type { Feeds, NamedStateOptions } from '../../../feed/feeds.ts';
import type { StateFeed } from '../../../feed/state-feed.ts';
import type { Engine } from '../../../source/engine.ts';
import type { SourceState } from '../../../source/source.ts';
import type { SourceBoard } from '../../../source/source-board.ts';
import { Aggregate } from './aggregate.ts';
import { DocumentSources } from './document-sources.ts';
import type { Ownership } from './ownership.ts';
import type { StateRemarks } from './state-remarks.ts';

export interface DocumentDependencies {
  readonly client: Pick<Engine, 'get'>;
  /** The sources that all documents share. */
  readonly board: SourceBoard;
  readonly feeds: Feeds;
  readonly remarks: StateRemarks;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

/** A document as its readers see it. */
export interface TelemetryDocument {
  readonly feed: StateFeed;
  /** The first version in which the engine says something; undefined before: then no value in it is a figure. */
  readonly spokenSince: number | undefined;
  /** What the document is about; undefined before the engine said so. */
  readonly symbol: string | undefined;
  /** Takes an event that the intake let through. False where the document would be too large. */
  applyEvent(event: JsonObject, receivedAt: number, bytes: number): boolean;
  /** Polls the state out of turn. */
  pollState(): void;
  close(): void;
}

/** What polls and events of one document are merged with, and when that makes a version. */
export interface Merge {
  readonly feed: StateFeed;
  readonly aggregate: Aggregate;
  readonly timing: CommitTiming;
  readonly spokenSince: number | undefined;
  /** Makes no more versions. */
  stop(): void;
}

export interface MergeOptions extends Pick<NamedStateOptions, 'initial' | 'write'> {
  /** Name of its feed. */
  readonly name: string;
  readonly ownership: Ownership;
  readonly maxRateHz: number;
  /** From one poll to the next, in ms. */
  readonly periodMs: () => number;
  /** The symbol that answers must be about. Default: whatever the engine's is. */
  readonly symbol?: string;
  /** The states of its own sources. */
  readonly states: () => Readonly<Record<string, SourceState>>;
  /** The document as it is to be shown: what it shares with others put in, and what is said of the sources given. */
  readonly complete: (document: JsonObject, sources: Readonly<Record<string, SourceState>>) => JsonObject;
}

export function createMerge(options: MergeOptions, dependencies: DocumentDependencies): Merge {
  const { name, initial, write, ownership, maxRateHz, periodMs, symbol, states } = options;
  const { feeds, remarks, clock, log, meter } = dependencies;
  const sources = new DocumentSources({ ownership, periodMs, remarks, clock, onExpiry: () => timing.soon() });
  const complete = (document: JsonObject): JsonObject => options.complete(document, sources.of(states()));
  const feed = feeds.state(name, { initial: complete(initial), ...(write === undefined ? {} : { write }) });
  const aggregate = new Aggregate({
    feed,
    ownership,
    onEventSet: (patch, receivedAt) => sources.noteEvent(patch, receivedAt),
    clock,
    log,
    meter,
    ...(symbol === undefined ? {} : { symbol }),
  });
  let spokenSince: number | undefined;
  // Completed at the commit, so that a change of freshness travels with the data it came with.
  const timing = new CommitTiming(clock, { ...commitTimingDefaults, maxRateHz }, () => {
    feed.stage(complete(feed.pending));
    feed.commit();
    if (aggregate.hasSpoken) spokenSince ??= feed.current.seq;
  });
  const stopRemarks = remarks.onChange(() => timing.now());
  return {
    feed,
    aggregate,
    timing,
    get spokenSince() {
      return spokenSince;
    },
    stop() {
      stopRemarks();
      sources.stop();
      timing.stop();
      feed.close();
    },
  };
}

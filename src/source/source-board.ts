import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import {
  type Source,
  type SourceChange,
  type SourceOptions,
  type SourceState,
  TrackedSource,
} from './freshness.ts';

/** Told in the turn in which it happened. Must not throw. */
export type SourceListener = (name: string, change: SourceChange) => void;

/** All sources of the gateway, by name. */
export interface SourceBoard {
  open(name: string, options: SourceOptions): Source;
  /** What a document shows under `sources`; the same object until something changes. */
  readonly states: Readonly<Record<string, SourceState>>;
  /** Names of the required sources that have not succeeded yet. */
  readonly awaited: readonly string[];
  /** When a poll of any source last gave what could be used, epoch ms; undefined before that. */
  readonly lastAnswerAt: number | undefined;
  /** The only way in which a change of freshness travels. Returns how to stop listening. */
  onChange(listener: SourceListener): () => void;
  /** Closes all sources. */
  close(): void;
}

export function createSourceBoard({
  clock,
  log,
  meter,
}: {
  clock: Clock;
  log: Log;
  meter: Meter;
}): SourceBoard {
  const listeners = new Set<SourceListener>();
  const sources = new Set<TrackedSource>();
  const awaited = new Set<string>();
  let states: Readonly<Record<string, SourceState>> = {};
  let lastAnswerAt: number | undefined;

  return {
    open(name, options) {
      const { required = false, hidden = false, isConnection = false } = options;
      if (required) awaited.add(name);
      const source = new TrackedSource(name, options, {
        clock,
        log,
        meter,
        onShown(state) {
          if (!hidden) states = { ...states, [name]: state };
        },
        onOutcome(succeeded) {
          if (!succeeded) return;
          awaited.delete(name);
          if (!isConnection) lastAnswerAt = clock.now();
        },
        onChange(change) {
          // Of one that is not shown nothing else can change.
          if (hidden && change !== 'turned') return;
          for (const listener of listeners) listener(name, change);
        },
        onClose: () => sources.delete(source),
      });
      sources.add(source);
      return source;
    },
    get states() {
      return states;
    },
    get awaited() {
      return [...awaited];
    },
    get lastAnswerAt() {
      return lastAnswerAt;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      for (const source of sources) source.close();
      listeners.clear();
    },
  };
}

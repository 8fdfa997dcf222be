import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import { type Source, type SourceOptions, type SourceState, TrackedSource } from './freshness.ts';

export type OutcomeListener = (name: string, succeeded: boolean) => void;

/** All sources of the gateway, by name. */
export interface SourceBoard {
  open(name: string, options: SourceOptions): Source;
  /** What a document shows under `sources`; the same object until something changes. */
  readonly states: Readonly<Record<string, SourceState>>;
  /** Whether the source ever succeeded. */
  hasSucceeded(name: string): boolean;
  /** Told of the changes that come with time alone; the others are returned to who caused them. */
  onExpiry(listener: () => void): () => void;
  /** Told how each attempt of each source ended, whether or not its freshness changed. Must not throw. */
  onOutcome(listener: OutcomeListener): () => void;
  /** Nobody asks the sources any more: what still comes of them is neither told nor shown, nor are their figures. */
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
  const listeners = new Set<() => void>();
  const outcomeListeners = new Set<OutcomeListener>();
  const sources = new Map<string, TrackedSource>();
  const known = new Set<string>();
  let states: Readonly<Record<string, SourceState>> = {};

  return {
    open(name, options) {
      const source = new TrackedSource(name, options, {
        clock,
        log,
        meter,
        onShown(state) {
          states = { ...states, [name]: state };
        },
        onOutcome(succeeded) {
          if (succeeded) known.add(name);
          for (const listener of outcomeListeners) listener(name, succeeded);
        },
        onExpiry() {
          for (const listener of listeners) listener();
        },
      });
      sources.set(name, source);
      return source;
    },
    get states() {
      return states;
    },
    hasSucceeded: (name) => known.has(name),
    onExpiry(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onOutcome(listener) {
      outcomeListeners.add(listener);
      return () => outcomeListeners.delete(listener);
    },
    close() {
      for (const source of sources.values()) source.close();
      listeners.clear();
      outcomeListeners.clear();
    },
  };
}

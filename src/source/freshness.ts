import { type Cancel, type Clock, isoTime } from '../core/clock.ts';
import { equalJson } from '../core/json.ts';
import type { Log } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';

export type SourceStatus = 'fresh' | 'stale' | 'down';

/** What a document says of one of its sources. A type, not an interface, so that it is a JSON object. */
export type SourceState = {
  readonly status: SourceStatus;
  /** When `status` last changed, ISO 8601. */
  readonly since: string;
  /** What is wrong, for people; absent while fresh. */
  readonly error?: string;
  /** Of a source that is not fresh: paths of the document that events still set (`market.price`). At most 32. */
  readonly live?: readonly string[];
  /** What is odd about what it says: fields of a wrong type. At most 8. */
  readonly notes?: readonly string[];
};

export interface SourceOptions {
  /** How long a success keeps the source fresh, in ms. Asked at each success. */
  readonly freshMs: () => number;
  /** How long it may be stale before it is down. Default 30,000. */
  readonly downAfterMs?: number;
}

/**
 * The freshness of one source: `fresh` after a success, `stale` when the next one is late, `down` when it never
 * succeeded or has been stale for long. Each call says whether it changed anything to be shown.
 */
export interface Source {
  readonly state: SourceState;
  succeeded(): boolean;
  /**
   * @param atLeast `stale`: no longer fresh from now on. `down`: given up for now. Default: nothing but the
   *   error is noted, and age decides.
   */
  failed(error: string, atLeast?: 'stale' | 'down'): boolean;
  /** What is odd about what it says now, in place of what was before. False where that changed nothing. */
  note(notes: readonly string[]): boolean;
  /** Nobody asks it for the time being, so that its silence says nothing: it does not age until `resume`. */
  pause(): void;
  /** It is asked again, and shown as old as it has become meanwhile. */
  resume(): void;
}

const maxNotes = 8;

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
  const ends = new Set<() => void>();
  const known = new Set<string>();
  let states: Readonly<Record<string, SourceState>> = {};
  let closed = false;

  const open = (name: string, { freshMs, downAfterMs = 30_000 }: SourceOptions): Source => {
    let timer: Cancel = () => {};
    /** What comes with time alone, and when, monotonic ms. */
    let next: { readonly status: 'stale' | 'down'; readonly at: number } | undefined;
    let paused = false;
    let lastError: string | undefined;
    let state: SourceState = { status: 'down', since: isoTime(clock.now()) };
    const show = (shown: SourceState): void => {
      state = shown;
      states = { ...states, [name]: shown };
    };
    const enter = (status: SourceStatus): boolean => {
      if (status === state.status) {
        // Down from the start: say why, once that is known.
        if (status === 'fresh' || state.error !== undefined || lastError === undefined) return false;
        show({ ...state, error: lastError });
        return true;
      }
      const error = status === 'fresh' ? undefined : (lastError ?? 'no answer in time');
      const { notes } = state;
      show({
        ...{ status, since: isoTime(clock.now()) },
        ...(error === undefined ? {} : { error }),
        ...(notes === undefined ? {} : { notes }),
      });
      meter.gauge('bff_source_up', { source: name }, status === 'fresh' ? 1 : 0);
      const fields = { source: name, ...state };
      if (status === 'fresh') log.info(fields, 'source status');
      else log.warn(fields, 'source status');
      return true;
    };
    const wait = (): void => {
      timer();
      if (next === undefined || paused) return;
      timer = clock.after(next.at - clock.monotonic(), expire);
    };
    const expire = (): void => {
      if (next === undefined) return;
      const { status, at } = next;
      next = status === 'stale' ? { status: 'down', at: at + downAfterMs } : undefined;
      wait();
      if (enter(status)) for (const listener of listeners) listener();
    };
    const become = (status: 'stale' | 'down', ms: number): void => {
      next = { status, at: clock.monotonic() + ms };
      wait();
    };

    show(state);
    meter.gauge('bff_source_up', { source: name }, 0);
    ends.add(() => {
      timer();
      meter.forget('bff_source_up', { source: name });
    });
    return {
      get state() {
        return state;
      },
      succeeded() {
        if (closed) return false;
        for (const listener of outcomeListeners) listener(name, true);
        lastError = undefined;
        known.add(name);
        become('stale', freshMs());
        return enter('fresh');
      },
      failed(error, atLeast) {
        if (closed) return false;
        for (const listener of outcomeListeners) listener(name, false);
        lastError = error;
        if (atLeast === 'down') {
          next = undefined;
          wait();
          return enter('down');
        }
        if (atLeast === 'stale' && state.status === 'fresh') {
          become('down', downAfterMs);
          return enter('stale');
        }
        return state.status === 'down' && enter('down');
      },
      note(found) {
        const notes = found.slice(0, maxNotes);
        if (closed || equalJson(notes, state.notes ?? [])) return false;
        const { notes: _, ...rest } = state;
        show(notes.length === 0 ? rest : { ...rest, notes });
        return true;
      },
      pause() {
        paused = true;
        wait();
      },
      resume() {
        if (!paused || closed) return;
        paused = false;
        wait();
        // At once: whoever looks now is not to be shown what was so when the last one looked.
        while (next !== undefined && next.at <= clock.monotonic()) expire();
      },
    };
  };

  return {
    open,
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
      closed = true;
      for (const end of ends) end();
      listeners.clear();
      outcomeListeners.clear();
    },
  };
}

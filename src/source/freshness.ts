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
  /** How long it may be stale for want of answers before it is down. Default 30,000. */
  readonly downAfterMs?: number;
  /** Whether the gateway is not ready before it has succeeded once. Default false. */
  readonly required?: boolean;
  /** Whether it is left out of what documents show: one dialect's own affair. Default false. */
  readonly hidden?: boolean;
  /** Whether it is a connection, and no poll of the engine. Default false. */
  readonly isConnection?: boolean;
}

/**
 * What happened to a source: what is shown of it changed by what was `reported` of it, by what was `noted` of it,
 * or as it `aged`; or it `turned`, which only polls do: one failed, and the one before had not, or the reverse. That
 * need not be shown: a single failure leaves a source fresh.
 */
export type SourceChange = 'reported' | 'noted' | 'aged' | 'turned';

/**
 * The freshness of one source: `fresh` after a success, `stale` when the next one is late or what it says stands
 * still, `down` when it never succeeded or has given no answer for long. Each call says whether it changed anything
 * to be shown.
 */
export interface Source {
  readonly state: SourceState;
  /** Whether it is fresh by its answers alone, moving or not. */
  readonly isAnswering: boolean;
  /** @param standsStill since when what it says does not move, for people. Default: it moves. */
  succeeded(standsStill?: string): boolean;
  /**
   * @param atLeast `stale`: no longer fresh from now on. `down`: given up for now. Default: nothing but the
   *   error is noted, and age decides.
   */
  failed(error: string, atLeast?: 'stale' | 'down'): boolean;
  /** What is odd about what it says now, in place of what was before. */
  note(notes: readonly string[]): boolean;
  /** Nobody asks it for the time being, so that its silence says nothing: it does not age until `resume`. */
  pause(): void;
  /** It is asked again, and shown as old as it has become meanwhile. */
  resume(): void;
  /** Nobody asks it any more: what still comes of it is neither told nor shown, nor are its figures. */
  close(): void;
}

export interface TrackedSourceDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  /** What is shown of it is this from now on. */
  readonly onShown: (state: SourceState) => void;
  /** How an attempt ended. */
  readonly onOutcome: (succeeded: boolean) => void;
  /** Told after the other two. */
  readonly onChange: (change: SourceChange) => void;
  readonly onClose: () => void;
}

const maxNotes = 8;
/** A source that fails in two ways by turns would otherwise be a change each second. */
const errorKeptMs = 10_000;
const downAfterDefaultMs = 30_000;

/**
 * One source: what its answers say of it, by themselves and by their age, and what is shown of that.
 *
 * ```
 *            success                 late                  late for 30 s
 *   down ──────────────> fresh ──────────────> stale ──────────────────> down
 *                          ^───── success ───────┘
 * ```
 */
export class TrackedSource implements Source {
  readonly #name: string;
  readonly #options: SourceOptions;
  readonly #dependencies: TrackedSourceDependencies;
  /** By its answers alone. */
  #answers: SourceStatus = 'down';
  #standsStill: string | undefined;
  #lastError: string | undefined;
  #state: SourceState;
  /** When the error shown was first shown, monotonic ms. */
  #errorAt = Number.NEGATIVE_INFINITY;
  #timer: Cancel = () => {};
  /** What comes with time alone, and when, monotonic ms. */
  #next: { readonly status: 'stale' | 'down'; readonly at: number } | undefined;
  #isFailing = false;
  #paused = false;
  #closed = false;

  constructor(name: string, options: SourceOptions, dependencies: TrackedSourceDependencies) {
    const { clock, meter, onShown } = dependencies;
    this.#name = name;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#state = { status: 'down', since: isoTime(clock.now()) };
    onShown(this.#state);
    meter.gauge('bff_source_up', { source: name }, 0);
  }

  get state(): SourceState {
    return this.#state;
  }

  get isAnswering(): boolean {
    return this.#answers === 'fresh';
  }

  succeeded(standsStill?: string): boolean {
    if (this.#closed) return false;
    this.#ended(true);
    this.#lastError = undefined;
    this.#standsStill = standsStill;
    this.#answers = 'fresh';
    this.#become('stale', this.#options.freshMs());
    return this.#show('reported');
  }

  failed(error: string, atLeast?: 'stale' | 'down'): boolean {
    if (this.#closed) return false;
    this.#ended(false);
    this.#lastError = error;
    if (atLeast === 'down') {
      this.#answers = 'down';
      this.#next = undefined;
      this.#wait();
    } else if (atLeast === 'stale' && this.#answers === 'fresh') {
      this.#answers = 'stale';
      this.#become('down', this.#downAfterMs);
    }
    return this.#show('reported');
  }

  note(found: readonly string[]): boolean {
    const notes = found.slice(0, maxNotes);
    if (this.#closed || equalJson(notes, this.#state.notes ?? [])) return false;
    const { notes: _, ...rest } = this.#state;
    this.#set(notes.length === 0 ? rest : { ...rest, notes });
    this.#dependencies.onChange('noted');
    return true;
  }

  pause(): void {
    this.#paused = true;
    this.#wait();
  }

  resume(): void {
    if (!this.#paused || this.#closed) return;
    this.#paused = false;
    this.#wait();
    // At once: whoever looks now is not to be shown what was so when the last one looked.
    while (this.#next !== undefined && this.#next.at <= this.#dependencies.clock.monotonic()) this.#expire();
  }

  close(): void {
    this.#closed = true;
    this.#timer();
    this.#dependencies.meter.forget('bff_source_up', { source: this.#name });
    this.#dependencies.onClose();
  }

  get #downAfterMs(): number {
    return this.#options.downAfterMs ?? downAfterDefaultMs;
  }

  #become(status: 'stale' | 'down', ms: number): void {
    this.#next = { status, at: this.#dependencies.clock.monotonic() + ms };
    this.#wait();
  }

  #wait(): void {
    const { clock } = this.#dependencies;
    this.#timer();
    if (this.#next === undefined || this.#paused) return;
    this.#timer = clock.after(this.#next.at - clock.monotonic(), () => this.#expire());
  }

  #expire(): void {
    if (this.#next === undefined) return;
    const { status, at } = this.#next;
    this.#answers = status;
    this.#next = status === 'stale' ? { status: 'down', at: at + this.#downAfterMs } : undefined;
    this.#wait();
    this.#show('aged');
  }

  #ended(succeeded: boolean): void {
    this.#dependencies.onOutcome(succeeded);
    if (this.#isFailing !== succeeded) return;
    this.#isFailing = !succeeded;
    if (this.#options.isConnection !== true) this.#dependencies.onChange('turned');
  }

  /** Shows what is so now, and tells it if it is another thing than before. */
  #show(change: SourceChange): boolean {
    const isNews = this.#follow();
    if (isNews) this.#dependencies.onChange(change);
    return isNews;
  }

  /** A status is shown at once, and with it its error; another error of the same status in time. */
  #follow(): boolean {
    const { status, error } = this.#current();
    if (status !== this.#state.status) {
      this.#enter(status, error);
      return true;
    }
    if (error === undefined || error === this.#state.error) return false;
    const now = this.#dependencies.clock.monotonic();
    // From the start there is none: why it is down is said once that is known.
    if (this.#state.error !== undefined && now - this.#errorAt < errorKeptMs) return false;
    this.#errorAt = now;
    this.#set({ ...this.#state, error });
    return true;
  }

  #current(): { readonly status: SourceStatus; readonly error: string | undefined } {
    if (this.#answers === 'fresh') {
      return { status: this.#standsStill === undefined ? 'fresh' : 'stale', error: this.#standsStill };
    }
    // While nothing was asked there is nothing to be said.
    const late = this.#state.status === 'down' && this.#state.error === undefined;
    return { status: this.#answers, error: this.#lastError ?? (late ? undefined : 'no answer in time') };
  }

  #enter(status: SourceStatus, error: string | undefined): void {
    const { clock, log, meter } = this.#dependencies;
    const { notes } = this.#state;
    this.#errorAt = clock.monotonic();
    this.#set({
      status,
      since: isoTime(clock.now()),
      ...(error === undefined ? {} : { error }),
      ...(notes === undefined ? {} : { notes }),
    });
    const isFresh = status === 'fresh';
    meter.gauge('bff_source_up', { source: this.#name }, isFresh ? 1 : 0);
    const fields = { source: this.#name, status, since: this.#state.since, error };
    if (isFresh) log.info(fields, 'source status');
    else log.warn(fields, 'source status');
  }

  #set(state: SourceState): void {
    this.#state = state;
    this.#dependencies.onShown(state);
  }
}

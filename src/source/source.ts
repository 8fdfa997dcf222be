import { type Clock, isoTime } from '../core/clock.ts';
import { equalJson } from '../core/json.ts';
import type { Log } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import { AnswerFreshness, type SourceStatus } from './freshness.ts';

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
 * What happened to a source. What is shown of it changed: by a success or failure (`reported`), by its notes (`noted`)
 * or with time (`aged`). Or a poll `turned` from success to failure or back, which need not be shown: a single failure
 * leaves a source fresh.
 */
export type SourceChange = 'reported' | 'noted' | 'aged' | 'turned';

/** What a source tells its board. */
interface SourceOwner {
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  /** Its state from now on. */
  onShown(state: SourceState): void;
  /** How an attempt ended. */
  onOutcome(succeeded: boolean): void;
  /** Called after the other two. */
  onChange(change: SourceChange): void;
  onClose(): void;
}

const maxNotes = 8;
/** A source that alternates between two errors would otherwise change each second. */
const errorKeptMs = 10_000;
const downAfterDefaultMs = 30_000;

/**
 * One source, and what is shown of it: `fresh` after a success, `stale` when the next one is late or what it says
 * stands still, `down` when it never succeeded or has given no answer for long. Each call says whether it changed
 * anything to be shown.
 */
export class Source {
  readonly #name: string;
  readonly #options: SourceOptions;
  readonly #owner: SourceOwner;
  readonly #answers: AnswerFreshness;
  #standsStill: string | undefined;
  #lastError: string | undefined;
  #state: SourceState;
  /** When the error shown was first shown, monotonic ms. */
  #errorAt = Number.NEGATIVE_INFINITY;
  #isFailing = false;
  #closed = false;

  /** Called by `SourceBoard.open`. */
  constructor(name: string, options: SourceOptions, owner: SourceOwner) {
    const { clock, meter } = owner;
    this.#name = name;
    this.#options = options;
    this.#owner = owner;
    const { downAfterMs = downAfterDefaultMs } = options;
    this.#answers = new AnswerFreshness(downAfterMs, clock, () => this.#show('aged'));
    this.#state = { status: 'down', since: isoTime(clock.now()) };
    owner.onShown(this.#state);
    meter.gauge('bff_source_up', { source: name }, 0);
  }

  get state(): SourceState {
    return this.#state;
  }

  /** Whether its answers are fresh, even if what they say stands still. */
  get isAnswering(): boolean {
    return this.#answers.status === 'fresh';
  }

  /** @param standsStill says, for people, since when its values have not changed. Default: they change. */
  succeeded(standsStill?: string): boolean {
    if (this.#closed) return false;
    this.#ended(true);
    this.#lastError = undefined;
    this.#standsStill = standsStill;
    this.#answers.succeeded(this.#options.freshMs());
    return this.#show('reported');
  }

  /**
   * @param atLeast `stale`: no longer fresh from now on. `down`: given up for now. Default: nothing but the
   *   error is noted, and age decides.
   */
  failed(error: string, atLeast?: 'stale' | 'down'): boolean {
    if (this.#closed) return false;
    this.#ended(false);
    this.#lastError = error;
    if (atLeast !== undefined) this.#answers.drop(atLeast);
    return this.#show('reported');
  }

  /** What is odd about what it says now, in place of what was before. */
  note(found: readonly string[]): boolean {
    const notes = found.slice(0, maxNotes);
    if (this.#closed || equalJson(notes, this.#state.notes ?? [])) return false;
    const { notes: _, ...rest } = this.#state;
    this.#set(notes.length === 0 ? rest : { ...rest, notes });
    this.#owner.onChange('noted');
    return true;
  }

  /** It is not polled for now, so it does not age until `resume`. */
  pause(): void {
    this.#answers.pause();
  }

  /** It is polled again, and its age counts from its last answer. */
  resume(): void {
    this.#answers.resume();
  }

  /** It is not polled any more: what is still reported is ignored, and its metric is removed. */
  close(): void {
    this.#closed = true;
    this.#answers.stop();
    this.#owner.meter.forget('bff_source_up', { source: this.#name });
    this.#owner.onClose();
  }

  #ended(succeeded: boolean): void {
    this.#owner.onOutcome(succeeded);
    if (this.#isFailing !== succeeded) return;
    this.#isFailing = !succeeded;
    if (this.#options.isConnection !== true) this.#owner.onChange('turned');
  }

  /** Updates the state, and tells the board of a change. */
  #show(change: SourceChange): boolean {
    const isNews = this.#follow();
    if (isNews) this.#owner.onChange(change);
    return isNews;
  }

  /** Another status is shown at once, with its error; another error of the same status is throttled. */
  #follow(): boolean {
    const { status, error } = this.#current();
    if (status !== this.#state.status) {
      this.#enter(status, error);
      return true;
    }
    if (error === undefined || error === this.#state.error) return false;
    const now = this.#owner.clock.monotonic();
    // At the start there is no error: the first one is shown at once.
    if (this.#state.error !== undefined && now - this.#errorAt < errorKeptMs) return false;
    this.#errorAt = now;
    this.#set({ ...this.#state, error });
    return true;
  }

  #current(): { readonly status: SourceStatus; readonly error: string | undefined } {
    if (this.isAnswering) {
      return { status: this.#standsStill === undefined ? 'fresh' : 'stale', error: this.#standsStill };
    }
    // Nothing was asked yet, so nothing is late.
    const late = this.#state.status === 'down' && this.#state.error === undefined;
    return {
      status: this.#answers.status,
      error: this.#lastError ?? (late ? undefined : 'no answer in time'),
    };
  }

  #enter(status: SourceStatus, error: string | undefined): void {
    const { clock, log, meter } = this.#owner;
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
    this.#owner.onShown(state);
  }
}

import type { Cancel, Clock } from '../core/clock.ts';
import { Throttle } from '../core/throttle.ts';
import type { Urgency } from '../encode/rendition.ts';

/** When the sessions of a view are sent what it shows. */
export interface Pace {
  /** Least ms between two updates to one session, urgent news excepted. 0: none. Infinity: only that. Default 0. */
  readonly intervalMs?: number;
  /**
   * Whether updates are sent at multiples of the interval on the wall clock, with those of all views that have it.
   * Otherwise what comes after a quiet interval is sent at once: news that itself comes at intervals, as of a poll,
   * would wait for half of one on average. Default true.
   */
  readonly isAligned?: boolean;
  /**
   * A session that was sent nothing for so long gets the current update again, where there is no interval.
   * 0: never. Default 0.
   */
  readonly repeatAfterMs?: number;
  /** Whether what there is now is worth repeating. Default: it always is. */
  readonly isRepeated?: () => boolean;
}

/** Called by the timer. */
export interface Releases {
  /** The interval's next slot has come: all news is sent. */
  slot(): void;
  /** Between two slots: urgent news up to `seq` is sent. */
  urgent(seq: number): void;
}

/** The least time between two `limited` releases. */
const limitedEveryMs = 1000;

/**
 * Releases news at once, or in slots: once an interval, so that all sessions are sent the same message in one sweep.
 * Urgent news does not wait for that.
 */
export class PaceTimer {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #isAligned: boolean;
  readonly #releases: Releases;
  readonly #limited: Throttle;
  #cancel: Cancel | undefined;
  #slotAt = Number.NEGATIVE_INFINITY;

  /** In a pace, an interval of 0: at once. Infinity: there is no slot, so that only urgent news is let through */
  constructor(clock: Clock, { intervalMs = 0, isAligned = true }: Pace, releases: Releases) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#isAligned = isAligned;
    this.#releases = releases;
    this.#limited = new Throttle(limitedEveryMs, clock);
  }

  /** There is news. @param seq of the newest */
  news(seq: number, urgencies: readonly Urgency[]): void {
    this.request();
    if (urgencies.length === 0 || this.#intervalMs === 0) return;
    const release = (): void => this.#releases.urgent(seq);
    const released = urgencies.includes('limited') && this.#limited.take(release);
    if (!released && urgencies.includes('now')) release();
  }

  /** A session waits for the next slot. */
  request(): void {
    if (this.#intervalMs === 0) {
      this.#releases.slot();
      return;
    }
    if (this.#cancel !== undefined || this.#intervalMs === Number.POSITIVE_INFINITY) return;
    const waitMs = this.#waitMs();
    if (waitMs <= 0) this.#slot();
    else this.#cancel = this.#clock.after(waitMs, () => this.#slot());
  }

  #waitMs(): number {
    if (this.#isAligned) return this.#intervalMs - (this.#clock.now() % this.#intervalMs);
    return this.#slotAt + this.#intervalMs - this.#clock.monotonic();
  }

  #slot(): void {
    this.#cancel = undefined;
    this.#slotAt = this.#clock.monotonic();
    // Urgent news that still waits is sent with the slot.
    this.#limited.flush();
    this.#releases.slot();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#limited.cancel();
  }
}

/** The cursor of a client that was sent nothing. Versions are numbered from 1. */
export const nothing = 0;

/**
 * Which news of a view may be sent to sessions at intervals: all up to the last slot, as the interval of each allows,
 * and urgent news at any time. Both are a `seq`, so that a client which was not writable is sent what it lacks of
 * them once it is again.
 */
export class Release {
  /** Timers fire a little early or late: only what is clearly too soon waits. */
  readonly #leastGapMs: number;
  #slotSeq = nothing;
  /** From 1: to a client that was sent nothing, everything is urgent. */
  #urgentSeq = 1;

  /** @param intervalMs least ms between two updates to one session. Infinity: there are no slots */
  constructor(intervalMs: number) {
    this.#leastGapMs = intervalMs * 0.9;
  }

  /** A slot has come: everything up to `seq` may be sent. */
  slot(seq: number): void {
    this.#slotSeq = seq;
  }

  /** Urgent news up to `seq` may be sent. False where that is known. */
  urgent(seq: number): boolean {
    if (seq <= this.#urgentSeq) return false;
    this.#urgentSeq = seq;
    return true;
  }

  /**
   * Whether an update to `seq` may be sent to a session that was sent everything up to `cursor`.
   * @param sinceMs how long ago it was sent the last update from which its interval counts
   */
  allows(cursor: number, seq: number, sinceMs: number): boolean {
    // An update older than the urgent news is not sent for it: the sweep with the news follows.
    if (cursor < this.#urgentSeq && this.#urgentSeq <= seq) return true;
    return cursor < this.#slotSeq && sinceMs >= this.#leastGapMs;
  }

  /** Whether the interval counts from an update that it is sent now. */
  isSpaced(cursor: number): boolean {
    return cursor >= this.#urgentSeq;
  }
}

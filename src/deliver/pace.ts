import type { Cancel, Clock } from '../core/clock.ts';
import { Throttle } from '../core/throttle.ts';
import type { Urgency } from '../encode/rendition.ts';

/** When the sessions of a view are sent what it shows. */
export interface Pace {
  /** Least ms between two updates to one session, urgent news excepted. 0: none. Infinity: only that. Default 0. */
  readonly intervalMs?: number;
  /**
   * A session that was sent nothing for so long gets the current update again, where there is no interval.
   * 0: never. Default 0.
   */
  readonly repeatAfterMs?: number;
  /** Whether what there is now is worth repeating. Default: it always is. */
  readonly isRepeated?: () => boolean;
}

/** What the timer lets go out. */
export interface Releases {
  /** Everything there is: the interval's next slot has come. */
  slot(): void;
  /** Urgent news up to `seq`, between two slots. */
  urgent(seq: number): void;
}

/** Of `limited` news, each after the first waits for so long. */
const limitedEveryMs = 1000;

/**
 * Lets news through at once, or at the next multiple of an interval of the wall clock: everyone with the same
 * interval is served in the same moment, and from the same rendition. What is urgent of it need not wait for that.
 */
export class AlignedTimer {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #releases: Releases;
  readonly #limited: Throttle;
  #cancel: Cancel | undefined;

  /** @param intervalMs 0: at once. Infinity: there is no slot, so that only urgent news is let through */
  constructor(clock: Clock, intervalMs: number, releases: Releases) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#releases = releases;
    this.#limited = new Throttle(limitedEveryMs, clock);
  }

  /** There is news. @param seq where it stands */
  news(seq: number, urgencies: readonly Urgency[]): void {
    this.request();
    if (urgencies.length === 0 || this.#intervalMs === 0) return;
    const release = (): void => this.#releases.urgent(seq);
    const released = urgencies.includes('limited') && this.#limited.take(release);
    if (!released && urgencies.includes('now')) release();
  }

  /** Somebody waits for a slot. */
  request(): void {
    if (this.#intervalMs === 0) {
      this.#releases.slot();
      return;
    }
    if (this.#cancel !== undefined || this.#intervalMs === Number.POSITIVE_INFINITY) return;
    const wait = this.#intervalMs - (this.#clock.now() % this.#intervalMs);
    this.#cancel = this.#clock.after(wait, () => {
      this.#cancel = undefined;
      // What is urgent and still waits goes along, and then need not go out by itself.
      this.#limited.flush();
      this.#releases.slot();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#limited.cancel();
  }
}

/** Nothing was sent that a client still holds. Versions are numbered from 1. */
export const nothing = 0;

/**
 * How much of a view's news may go out to sessions that are sent it at intervals: what the newest slot let go, to
 * each as its interval allows, and what is urgent, whatever the interval. Both are places in the rendition, so that
 * a client which could not be sent to is given what it lacks of them whenever it can be again.
 */
export class Release {
  /** Timers fire a little early or late: only what is clearly too soon is held back. */
  readonly #leastGapMs: number;
  #slotSeq = nothing;
  /** Whoever was sent nothing yet lacks all that is urgent. */
  #urgentSeq = 1;

  /** @param intervalMs least ms between two updates to one session. Infinity: there are no slots */
  constructor(intervalMs: number) {
    this.#leastGapMs = intervalMs * 0.9;
  }

  /** A slot has come: everything up to `seq` may go out. */
  slot(seq: number): void {
    this.#slotSeq = seq;
  }

  /** So may urgent news up to `seq`. False where that is known. */
  urgent(seq: number): boolean {
    if (seq <= this.#urgentSeq) return false;
    this.#urgentSeq = seq;
    return true;
  }

  /**
   * Whether an update to `seq` may go out to a session that was sent everything up to `cursor`.
   * @param sinceMs how long ago it was sent the last one that its interval spaces
   */
  allows(cursor: number, seq: number, sinceMs: number): boolean {
    // An update that does not bring the urgent news yet does not go out for it: the sweep that does is on its way.
    if (cursor < this.#urgentSeq && this.#urgentSeq <= seq) return true;
    return cursor < this.#slotSeq && sinceMs >= this.#leastGapMs;
  }

  /** Whether the next update has to keep its distance from one that goes out to it now. */
  isSpaced(cursor: number): boolean {
    return cursor >= this.#urgentSeq;
  }
}

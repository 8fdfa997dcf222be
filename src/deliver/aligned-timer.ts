import type { Cancel, Clock } from '../core/clock.ts';
import { Throttle } from '../core/throttle.ts';
import type { Urgency } from '../encode/rendition.ts';

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

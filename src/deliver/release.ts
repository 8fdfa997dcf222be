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

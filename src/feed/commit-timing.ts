import type { Cancel, Clock } from '../core/clock.ts';
import { TokenBucket } from '../core/token-bucket.ts';

export interface CommitTimingOptions {
  /** Commits a second that events may cause, with a burst of 5. 0: no cap. Default 20. */
  readonly maxRateHz: number;
  /** How long answers of one tick wait for each other, from the first one on. */
  readonly gatherMs: number;
}

export const commitTimingDefaults: CommitTimingOptions = { maxRateHz: 20, gatherMs: 25 };

/** One round of polls, whose answers are gathered into one commit. */
export interface Round {
  /** An answer was staged. */
  answered(): void;
  /** A poll of this round gave nothing. `changed`: its failure was staged, as a change of freshness. */
  missed(changed: boolean): void;
}

/**
 * Decides when a pending document becomes a version. Answers of one round within `gatherMs` of its first are
 * one commit, later ones commit as they come; an event commits at once while the rate allows, and otherwise
 * as soon as it does again, so that the last one is never lost.
 */
export class CommitTiming {
  readonly #clock: Clock;
  readonly #commit: () => void;
  readonly #gatherMs: number;
  readonly #bucket: TokenBucket | undefined;
  #cancelEvent: Cancel | undefined;
  #stopBeat: Cancel = () => {};
  readonly #gathering = new Set<Cancel>();
  #stopped = false;

  constructor(clock: Clock, options: CommitTimingOptions, commit: () => void) {
    this.#clock = clock;
    this.#commit = () => {
      if (!this.#stopped) commit();
    };
    this.#gatherMs = options.gatherMs;
    this.#bucket =
      options.maxRateHz > 0 ? new TokenBucket({ perSecond: options.maxRateHz, burst: 5 }) : undefined;
  }

  /** An event was staged. */
  event(): void {
    if (this.#cancelEvent !== undefined || this.#stopped) return;
    const now = this.#clock.monotonic();
    if (this.#bucket === undefined || this.#bucket.take(now)) {
      this.#commit();
      return;
    }
    this.#cancelEvent = this.#clock.after(this.#bucket.waitMs(now), () => {
      this.#cancelEvent = undefined;
      this.event();
    });
  }

  /** Something that must not wait was staged: a change of freshness between polls. */
  now(): void {
    this.#commit();
  }

  /** Commits every so many ms from now on, whatever else does: for a document that nobody says has changed. */
  beat(everyMs: number): void {
    this.#stopBeat();
    if (!this.#stopped) this.#stopBeat = this.#clock.every(everyMs, this.#commit);
  }

  /** @param polls how many polls the round sends */
  startRound(polls: number): Round {
    let outstanding = polls;
    let gathered = false;
    let gathering: Cancel | undefined;
    const finish = (): void => {
      if (gathering !== undefined) {
        gathering();
        this.#gathering.delete(gathering);
        gathering = undefined;
      }
      gathered = true;
      this.#commit();
    };
    const settle = (changed: boolean): void => {
      outstanding -= 1;
      if (gathering !== undefined) {
        if (outstanding === 0) finish();
      } else if (changed) {
        if (gathered || outstanding === 0) finish();
        else {
          gathering = this.#clock.after(this.#gatherMs, finish);
          this.#gathering.add(gathering);
        }
      }
    };
    return { answered: () => settle(true), missed: settle };
  }

  /** Drops what waits, and commits nothing from now on. */
  stop(): void {
    this.#stopped = true;
    this.#stopBeat();
    this.#cancelEvent?.();
    this.#cancelEvent = undefined;
    for (const cancel of this.#gathering) cancel();
    this.#gathering.clear();
  }
}

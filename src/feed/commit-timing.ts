import type { Cancel, Clock } from '../core/clock.ts';
import { TokenBucket } from '../core/token-bucket.ts';

export interface CommitTimingOptions {
  /** Commits a second that events may cause, with a burst of 5. 0: no cap. Default 20. */
  readonly maxRateHz: number;
  /** How long to gather after the first change: answers of one tick, or what `soon` announces. */
  readonly gatherMs: number;
}

export const commitTimingDefaults: CommitTimingOptions = { maxRateHz: 20, gatherMs: 25 };

const burst = 5;
/** Rate of urgent events, whatever `maxRateHz` is. */
const urgentRateHz = 20;

/** What one tick brings, gathered into one commit: the answers of its polls, and what else comes with them. */
export interface Round {
  /** An answer, or what else the round waits for, was staged. */
  answered(): void;
  /** A poll of this round failed. `changed`: its failure was staged, as a change of freshness. */
  failed(changed: boolean): void;
}

/**
 * Decides when a pending document becomes a version. Answers of one round within `gatherMs` of its first are
 * one commit, later ones commit as they come; an event commits at once while the rate allows, and otherwise
 * as soon as it does again, so that the last one is never lost. Urgent events have a rate of their own besides.
 */
export class CommitTiming {
  readonly #clock: Clock;
  readonly #commit: () => void;
  readonly #gatherMs: number;
  readonly #bucket: TokenBucket | undefined;
  readonly #urgentBucket = new TokenBucket({ perSecond: urgentRateHz, burst });
  #cancelEvent: Cancel | undefined;
  #urgentWaits = false;
  #cancelSoon: Cancel | undefined;
  #stopBeat: Cancel = () => {};
  readonly #gathering = new Set<Cancel>();
  #stopped = false;

  constructor(clock: Clock, options: CommitTimingOptions, commit: () => void) {
    this.#clock = clock;
    this.#commit = () => {
      this.#dropSoon();
      if (!this.#stopped) commit();
    };
    this.#gatherMs = options.gatherMs;
    this.#bucket =
      options.maxRateHz > 0 ? new TokenBucket({ perSecond: options.maxRateHz, burst }) : undefined;
  }

  /**
   * An event was staged.
   * @param urgent it waits for the rate only where urgent ones have come more often than 20 times a second
   */
  event(urgent = false): void {
    if (this.#stopped || (this.#cancelEvent !== undefined && !urgent)) return;
    this.#urgentWaits ||= urgent;
    this.#tryEvent();
  }

  #tryEvent(): void {
    this.#dropEvent();
    const now = this.#clock.monotonic();
    const bucket = this.#bucket;
    if (bucket === undefined || (this.#urgentWaits && this.#urgentBucket.take(now)) || bucket.take(now)) {
      this.#urgentWaits = false;
      this.#commit();
      return;
    }
    const urgentMs = this.#urgentWaits ? this.#urgentBucket.waitMs(now) : Number.POSITIVE_INFINITY;
    this.#cancelEvent = this.#clock.after(Math.min(bucket.waitMs(now), urgentMs), () => this.#tryEvent());
  }

  #dropEvent(): void {
    this.#cancelEvent?.();
    this.#cancelEvent = undefined;
  }

  /** Something was staged that must not wait. */
  now(): void {
    this.#commit();
  }

  /** Something was staged that is best told with what comes together with it: a change of freshness between polls. */
  soon(): void {
    if (this.#stopped) return;
    this.#cancelSoon ??= this.#clock.after(this.#gatherMs, this.#commit);
  }

  #dropSoon(): void {
    this.#cancelSoon?.();
    this.#cancelSoon = undefined;
  }

  /** Also commits every so many ms from now on: for a document whose changes are not announced. Returns how to stop. */
  beat(everyMs: number): Cancel {
    this.#stopBeat();
    if (!this.#stopped) this.#stopBeat = this.#clock.every(everyMs, this.#commit);
    return () => this.#stopBeat();
  }

  /** @param awaited how many polls the round sends, and how much else it waits for */
  startRound(awaited: number): Round {
    let outstanding = awaited;
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
    return { answered: () => settle(true), failed: settle };
  }

  /** Drops what waits, and commits nothing from now on. */
  stop(): void {
    this.#stopped = true;
    this.#stopBeat();
    this.#dropEvent();
    this.#dropSoon();
    for (const cancel of this.#gathering) cancel();
    this.#gathering.clear();
  }
}

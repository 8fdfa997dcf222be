import { type Clock, isoTime } from '../core/clock.ts';

interface StandstillParts {
  /** From one poll to the next. */
  readonly periodMs: () => number;
  /** No time shorter than this is suspicious, unless a limit is set. Default 10,000. */
  readonly leastMs?: number;
  readonly clock: Clock;
}

/** What an answer says of its time. */
export interface AnswerTime {
  /** Its `timestamp`, epoch ms; undefined where it has none. */
  readonly time: number | undefined;
  /** Whether nothing is odd about a `timestamp` that has not moved, for now. */
  readonly mayStand: boolean;
}

const leastDefaultMs = 10_000;
const gapsKept = 8;
/** Moves of `timestamp` before its standing still is judged. */
const movesToJudge = 3;

/**
 * Detects an engine that hangs but answers, with the same figures of the same `timestamp`. How long `timestamp` may
 * stand still is learned, as some engines update it only once a minute: three times the longest recent gap.
 */
export class Standstill {
  readonly #maxAgeMs: number | undefined;
  readonly #parts: StandstillParts;
  #time: number | undefined;
  #moves = 0;
  /** The last gaps between moves, in ms. */
  readonly #gaps: number[] = [];
  /** Since when it stands still: its last move, or when it no longer might. */
  #since: { readonly monotonic: number; readonly wall: number } | undefined;

  /** @param maxAgeMs how long `timestamp` may stand still. 0: never judged. Undefined: learned from how it moves */
  constructor(maxAgeMs: number | undefined, parts: StandstillParts) {
    this.#maxAgeMs = maxAgeMs;
    this.#parts = parts;
  }

  /** Judges the answer of a poll. Undefined: all is well; otherwise the error, for people. */
  answered({ time, mayStand }: AnswerTime): string | undefined {
    const { clock } = this.#parts;
    const now = { monotonic: clock.monotonic(), wall: clock.now() };
    const hasMoved = time !== undefined && time !== this.#time;
    if (hasMoved) this.#noteMove(time, now.monotonic);
    if (hasMoved || mayStand) this.#since = now;
    if (this.#since === undefined) return undefined;
    const stoodMs = now.monotonic - this.#since.monotonic;
    if (stoodMs <= this.#limitMs()) return undefined;
    return `the engine answers, but its timestamp stands still since ${isoTime(this.#since.wall)}`;
  }

  #noteMove(time: number, now: number): void {
    const isFirst = this.#time === undefined;
    this.#time = time;
    if (isFirst) return;
    this.#moves += 1;
    if (this.#moves > 1 && this.#since !== undefined) this.#gaps.push(now - this.#since.monotonic);
    if (this.#gaps.length > gapsKept) this.#gaps.shift();
  }

  #limitMs(): number {
    const { leastMs = leastDefaultMs, periodMs } = this.#parts;
    if (this.#maxAgeMs === 0) return Number.POSITIVE_INFINITY;
    if (this.#maxAgeMs !== undefined) return this.#maxAgeMs;
    if (this.#moves < movesToJudge) return Number.POSITIVE_INFINITY;
    return Math.max(leastMs, 3 * Math.max(...this.#gaps), 3 * periodMs());
  }
}

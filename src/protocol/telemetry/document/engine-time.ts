import { type Clock, isoTime } from '../../../core/clock.ts';
import { readInstant } from '../../../core/instant.ts';
import type { JsonObject, JsonValue } from '../../../core/json.ts';

interface TimeVerdict {
  /** The timestamp to show; undefined while no input had one. */
  readonly timestamp: JsonValue | undefined;
  /** Set where the engine's clock was set back: to which time, epoch ms. */
  readonly wentBackTo?: number;
}

/**
 * The engine's time as the document shows it. One answer with an earlier time does not set it back; two in a row are
 * taken as a restart with an earlier clock. Two kinds of answer do not count: one whose request was started before the
 * newer time was known, and one with the newest time of all answers, which is the current snapshot although an event
 * was newer.
 */
export class EngineTime {
  #shown: { timestamp: JsonValue; engineTime: number; since: number } | undefined;
  /** The newest time of an answer, epoch ms. Events may be ahead of it. */
  #answered = Number.NEGATIVE_INFINITY;
  #answersBehind = 0;

  /** Epoch milliseconds, with fractions, of an input's `timestamp`; undefined where it carries none. */
  static of(input: JsonObject): number | undefined {
    return readInstant(input.timestamp)?.epochMs;
  }

  /** @param startedAt when the request was started, monotonic ms */
  afterAnswer(answer: JsonObject, startedAt: number): TimeVerdict {
    const engineTime = EngineTime.of(answer);
    const { timestamp } = answer;
    if (engineTime === undefined || timestamp === undefined) return this.#unchanged();
    const behind = this.#shown !== undefined && engineTime < this.#shown.engineTime;
    const isSameSnapshot = engineTime === this.#answered;
    this.#answered = Math.max(this.#answered, engineTime);
    if (!behind) {
      this.#show(timestamp, engineTime, startedAt);
      return this.#unchanged();
    }
    if (isSameSnapshot || startedAt <= (this.#shown?.since ?? 0)) return this.#unchanged();
    this.#answersBehind += 1;
    if (this.#answersBehind < 2) return this.#unchanged();
    this.#answered = engineTime;
    this.#show(timestamp, engineTime, startedAt);
    return { timestamp, wentBackTo: engineTime };
  }

  /** The timestamp the document shows after an event; undefined where the event does not move it. */
  afterEvent(event: JsonObject, receivedAt: number): JsonValue | undefined {
    const engineTime = EngineTime.of(event);
    if (engineTime === undefined || event.timestamp === undefined) return undefined;
    if (this.#shown !== undefined && engineTime <= this.#shown.engineTime) return undefined;
    this.#show(event.timestamp, engineTime, receivedAt);
    return event.timestamp;
  }

  #show(timestamp: JsonValue, engineTime: number, since: number): void {
    this.#shown = { timestamp, engineTime, since };
    this.#answersBehind = 0;
  }

  #unchanged(): TimeVerdict {
    return { timestamp: this.#shown?.timestamp };
  }
}

const leastLimitMs = 10_000;
const gapsKept = 8;
/** Moves of `timestamp` before its standing still is judged. */
const movesToJudge = 3;

/**
 * Detects an engine that hangs but answers, with the same figures of the same `timestamp`. How long `timestamp` may
 * stand still is learned, as some engines update it only once a minute: three times the longest recent gap. It may
 * stand still for any time while the engine is not running (`status` other than ACTIVE).
 */
export class Standstill {
  readonly #maxAgeMs: number | undefined;
  readonly #periodMs: () => number;
  readonly #clock: Clock;
  #timestamp: number | undefined;
  #moves = 0;
  /** The last gaps between moves, in ms. */
  readonly #gaps: number[] = [];
  /** Since when it stands still: its last move, or when the engine resumed. */
  #since: { readonly monotonic: number; readonly wall: number } | undefined;

  /**
   * @param maxAgeMs how long `timestamp` may stand still. 0: never judged. Undefined: learned from how it moves
   * @param parts `periodMs`: from one poll to the next
   */
  constructor(
    maxAgeMs: number | undefined,
    { periodMs, clock }: { readonly periodMs: () => number; readonly clock: Clock },
  ) {
    this.#maxAgeMs = maxAgeMs;
    this.#periodMs = periodMs;
    this.#clock = clock;
  }

  /** Judges the answer of a poll. Undefined: all is well; otherwise the error, for people. */
  answered({ status, ...answer }: JsonObject): string | undefined {
    const now = { monotonic: this.#clock.monotonic(), wall: this.#clock.now() };
    const timestamp = EngineTime.of(answer);
    const hasMoved = timestamp !== undefined && timestamp !== this.#timestamp;
    if (hasMoved) this.#noteMove(timestamp, now.monotonic);
    if (hasMoved || !isRunning(status)) this.#since = now;
    if (this.#since === undefined) return undefined;
    const stoodMs = now.monotonic - this.#since.monotonic;
    if (stoodMs <= this.#limitMs()) return undefined;
    return `the engine answers, but its timestamp stands still since ${isoTime(this.#since.wall)}`;
  }

  #noteMove(timestamp: number, now: number): void {
    const isFirst = this.#timestamp === undefined;
    this.#timestamp = timestamp;
    if (isFirst) return;
    this.#moves += 1;
    if (this.#moves > 1 && this.#since !== undefined) this.#gaps.push(now - this.#since.monotonic);
    if (this.#gaps.length > gapsKept) this.#gaps.shift();
  }

  #limitMs(): number {
    if (this.#maxAgeMs === 0) return Number.POSITIVE_INFINITY;
    if (this.#maxAgeMs !== undefined) return this.#maxAgeMs;
    if (this.#moves < movesToJudge) return Number.POSITIVE_INFINITY;
    return Math.max(leastLimitMs, 3 * Math.max(...this.#gaps), 3 * this.#periodMs());
  }
}

/** An engine without a status counts as running. */
function isRunning(status: unknown): boolean {
  return status === undefined || status === null || String(status).toUpperCase() === 'ACTIVE';
}

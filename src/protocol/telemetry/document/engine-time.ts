import { type Clock, isoTime } from '../../../core/clock.ts';
import { readInstant } from '../../../core/instant.ts';
import type { JsonObject, JsonValue } from '../../../core/json.ts';

interface TimeVerdict {
  /** The timestamp the document shows now; undefined where no input has had one. */
  readonly timestamp: JsonValue | undefined;
  /** Where that is an earlier time than before: which, in epoch ms. */
  readonly wentBackTo?: number;
}

/**
 * The engine's time as the document shows it. It never goes back on the word of one answer; two in a row that
 * do are an engine that was restarted with an earlier clock. Two kinds of answer do not count as saying so, as
 * they say nothing about the clock: one that was asked for before the newer time was known, and one of the very
 * time that answers had reached, a snapshot that is still the newest where an event has come since.
 */
export class EngineTime {
  #shown: { timestamp: JsonValue; engineTime: number; since: number } | undefined;
  /** The newest time of an answer, in epoch ms: events run ahead of it. */
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
/** Before it has moved so often, nobody knows whether it moves at all, and how often. */
const movesToJudge = 3;

/**
 * Whether an engine that answers is alive: one that is wedged goes on giving the same figures, of the same
 * `timestamp`. How long that may stand still is learned, since there are engines that give a new one with each bar
 * of a minute: three times the longest gap of late. An engine that says it does not run (`status` other than ACTIVE)
 * may stand still for as long as it likes.
 */
export class Standstill {
  readonly #maxAgeMs: number | undefined;
  readonly #periodMs: () => number;
  readonly #clock: Clock;
  #timestamp: number | undefined;
  #moves = 0;
  /** The newest gaps between moves, in ms. */
  readonly #gaps: number[] = [];
  /** From when on it stands still: its last move, or when the engine began to run again. */
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

  /** Takes what a poll was answered with. Undefined: all is well; else what is not, for people. */
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

/** An engine that gives no status, or does not know it, is not said to rest. */
function isRunning(status: unknown): boolean {
  return status === undefined || status === null || String(status).toUpperCase() === 'ACTIVE';
}

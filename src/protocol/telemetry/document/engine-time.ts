import { readInstant } from '../../../core/instant.ts';
import type { JsonObject, JsonValue } from '../../../core/json.ts';
import type { AnswerTime } from '../../../source/standstill.ts';

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

/** The time of an answer, which may stand still for as long as the engine is not running (`status` other than ACTIVE). */
export function answerTimeOf(answer: JsonObject): AnswerTime {
  return { time: EngineTime.of(answer), mayStand: !isRunning(answer.status) };
}

/** An engine without a status counts as running. */
function isRunning(status: unknown): boolean {
  return status === undefined || status === null || String(status).toUpperCase() === 'ACTIVE';
}

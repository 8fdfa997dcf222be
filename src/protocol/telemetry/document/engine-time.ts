import { readInstant } from '../../../core/instant.ts';
import type { JsonObject, JsonValue } from '../../../core/json.ts';

export type TimeVerdict =
  | {
      readonly wentBack: false;
      /** The timestamp the document shows now; undefined where no input has had one. */
      readonly timestamp: JsonValue | undefined;
    }
  | { readonly wentBack: true; readonly timestamp: JsonValue; readonly engineTime: number };

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
    return { wentBack: true, timestamp, engineTime };
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
    return { wentBack: false, timestamp: this.#shown?.timestamp };
  }
}

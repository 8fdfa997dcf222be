import type { Clock } from '../core/clock.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { Throttle } from '../core/throttle.ts';
import { parseUntrusted } from '../core/untrusted-json.ts';

/** Which messages are urgent. */
export interface UrgentTypes {
  /** Values of `type` in JSON messages. */
  readonly types: readonly string[];
  /** Whether one of that type can be acted on: one that cannot must not hold up the next. */
  readonly isWellFormed: (message: JsonObject) => boolean;
}

/** Of a flood of them one passes at once, and then one a second: it must not become a flood of requests elsewhere. */
const everyMs = 1000;
/** Larger ones are not looked into: what is urgent is said in few words. */
const maxBytes = 4096;

/**
 * Finds, among messages over the rate, those that must not be lost for how much else is said, such as a HALT. Looking
 * for them is cheap enough for a flood.
 */
export class UrgentMessages {
  readonly #urgent: UrgentTypes;
  readonly #passing: Throttle;

  constructor(urgent: UrgentTypes, clock: Clock) {
    this.#urgent = urgent;
    this.#passing = new Throttle(everyMs, clock);
  }

  /**
   * Has an urgent message acted on, now or within a second, unless a later one takes its place.
   * @returns whether it was acted on at once; false for one that waits, too, so that a flood of them ends as any does
   */
  take(data: Buffer, isBinary: boolean, act: (data: Buffer) => void): boolean {
    return this.#isUrgent(data, isBinary) && this.#passing.take(() => act(data));
  }

  #isUrgent(data: Buffer, isBinary: boolean): boolean {
    const { types, isWellFormed } = this.#urgent;
    if (isBinary || data.length > maxBytes || !types.some((type) => data.includes(type))) return false;
    const parsed = parseUntrusted(data.toString('utf8'), { nonFinite: 'null' });
    if (!parsed.ok || !isJsonObject(parsed.value)) return false;
    const { type } = parsed.value;
    return typeof type === 'string' && types.includes(type) && isWellFormed(parsed.value);
  }

  /** What waits is acted on now: nobody is there to say it again. */
  flush(): void {
    this.#passing.flush();
  }
}

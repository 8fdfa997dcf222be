import type { Clock } from '../../../core/clock.ts';
import { isJsonObject, type JsonObject, withoutKey } from '../../../core/json.ts';
import { createWarningThrottle, type Log, type WarningThrottle } from '../../../core/log.ts';
import type { Meter } from '../../../core/meter.ts';
import { RefusalBudget } from '../../../core/token-bucket.ts';
import { maxEventMembers, parseUntrusted, type RefusalReason } from '../../../core/untrusted-json.ts';
import { documentedSections } from './shape.ts';

/** Why an event, or a part of one, was not applied: label values of `bff_rejected_total{edge="event"}`. */
type EventRefusal =
  | RefusalReason
  | 'too_large'
  | 'flood'
  | 'shape'
  | 'non_finite'
  | 'section_removal'
  | 'sources_key'
  | 'document_full'
  | 'other_symbol';

/** The largest event that is read. */
const maxBytes = 1024 * 1024;

/** Parses events from outside and checks their size, rate and keys; the values of fields are not checked here. */
export class StateEventIntake {
  readonly #meter: Meter;
  readonly #clock: Clock;
  readonly #warn: WarningThrottle;
  readonly #budget = new RefusalBudget();

  constructor({ clock, log, meter }: { readonly clock: Clock; readonly log: Log; readonly meter: Meter }) {
    this.#meter = meter;
    this.#clock = clock;
    this.#warn = createWarningThrottle(log, clock);
  }

  /** The event in a message; undefined where it is refused. */
  read(message: Buffer): JsonObject | undefined {
    if (message.length > maxBytes) return this.refuse('too_large', `${message.length} bytes`);
    if (!this.#budget.admits(message.length, this.#clock.monotonic())) {
      return this.refuse('flood', `${message.length} bytes, unread`);
    }
    const parsed = parseUntrusted(message.toString('utf8'), {
      ...{ nonFinite: 'nullField', exactIntegers: true, maxMembers: maxEventMembers },
    });
    if (!parsed.ok) return this.#refuseRead(message, parsed.reason, parsed.detail);
    if (!isJsonObject(parsed.value)) return this.#refuseRead(message, 'shape', 'not an object');
    for (const path of parsed.nonFinite) this.refuse('non_finite', path);

    return this.#withoutRefusedKeys(unwrap(parsed.value));
  }

  #refuseRead({ length }: Buffer, reason: EventRefusal, detail: string): undefined {
    this.#budget.spend(length, this.#clock.monotonic());
    return this.refuse(reason, detail);
  }

  /** Counts a refusal, and logs it unless it is to be expected. */
  refuse(reason: EventRefusal, detail: string): undefined {
    this.#meter.count('bff_rejected_total', { edge: 'event', reason });
    if (reason === 'other_symbol') return undefined;
    this.#warn(reason, { reason, detail: detail.slice(0, 200) }, 'event refused');
    return undefined;
  }

  #withoutRefusedKeys(event: JsonObject): JsonObject {
    let kept = withoutKey(event, 'sources');
    if (kept !== event) this.refuse('sources_key', 'sources');
    for (const section of documentedSections) {
      if (kept[section] !== null) continue;
      this.refuse('section_removal', section);
      kept = withoutKey(kept, section);
    }
    return kept;
  }
}

/** Removes the envelope `{type, data: {…}}`. */
function unwrap(event: JsonObject): JsonObject {
  return typeof event.type === 'string' && isJsonObject(event.data) ? event.data : event;
}

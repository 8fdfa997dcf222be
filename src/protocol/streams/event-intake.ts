import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { readInstant } from '../../core/instant.ts';
import { createWarningThrottle, type Log, type WarningThrottle } from '../../core/log.ts';
import type { Meter } from '../../core/meter.ts';
import { RefusalBudget } from '../../core/token-bucket.ts';
import type { Parsed, RefusalReason } from '../../core/untrusted-json.ts';

/** When it happened, in UTC; undefined where it is no valid time. */
export const eventTime = z
  .unknown()
  .optional()
  .transform((value) => readInstant(value)?.text);

const maxEventBytes = 1024 * 1024;

/** Checks events at the edge. */
export class StreamEventIntake<Event> {
  readonly #edge: 'instance_event' | 'message_event';
  readonly #parse: (text: string) => Parsed;
  readonly #schema: z.ZodType<Event>;
  readonly #clock: Clock;
  readonly #meter: Meter;
  readonly #warn: WarningThrottle;
  readonly #budget = new RefusalBudget();

  /**
   * @param edge where the events come in, for the metrics and the log
   * @param parse the value in a text, or why it is refused
   */
  constructor(
    edge: 'instance_event' | 'message_event',
    parse: (text: string) => Parsed,
    schema: z.ZodType<Event>,
    { clock, log, meter }: { readonly clock: Clock; readonly log: Log; readonly meter: Meter },
  ) {
    this.#edge = edge;
    this.#parse = parse;
    this.#schema = schema;
    this.#clock = clock;
    this.#meter = meter;
    this.#warn = createWarningThrottle(log, clock);
  }

  /** The event in a message; undefined where it is refused. */
  read(message: Buffer): Event | undefined {
    const { length } = message;
    if (length > maxEventBytes) return this.refuse('too_large');
    if (!this.#budget.admits(length, this.#clock.monotonic())) return this.refuse('flood');
    const parsed = this.#parse(message.toString('utf8'));
    const read = parsed.ok ? this.#schema.safeParse(parsed.value) : undefined;
    if (read?.success === true) return read.data;
    this.#budget.spend(length, this.#clock.monotonic());
    // The path names fields of the schema only, never keys of the event.
    return parsed.ok
      ? this.refuse('shape', read?.error.issues[0]?.path.join('.'))
      : this.refuse(parsed.reason);
  }

  /** Counts a refusal and warns of it, in the gateway's own words: no content of an event is logged. */
  refuse(reason: RefusalReason | 'too_large' | 'flood' | 'shape' | 'full', field?: string): undefined {
    this.#meter.count('bff_rejected_total', { edge: this.#edge, reason });
    this.#warn(reason, { edge: this.#edge, reason, field }, 'event refused');
  }
}

import type { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { createWarningThrottle, type Log } from '../../core/log.ts';
import type { Meter } from '../../core/meter.ts';
import { RefusalBudget } from '../../core/token-bucket.ts';
import type { Parsed, RefusalReason } from '../../core/untrusted-json.ts';

export interface EventIntakeOptions<Event> {
  /** Where the events come in, for the metrics and the log. */
  readonly edge: 'instance_event' | 'message_event';
  /** The value in a text, or why it is refused. */
  readonly parse: (text: string) => Parsed;
  readonly schema: z.ZodType<Event>;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

export interface EventIntake<Event> {
  /** The event in a message; undefined where it is refused. */
  read(message: Buffer): Event | undefined;
  /** Counts a refusal and warns of it, in words of the gateway's own: nothing of an event gets into a log. */
  refuse(reason: RefusalReason | 'too_large' | 'flood' | 'shape' | 'full', field?: string): undefined;
}

const maxEventBytes = 1024 * 1024;

/** Checks events at the edge. */
export function createEventIntake<Event>(options: EventIntakeOptions<Event>): EventIntake<Event> {
  const { edge, parse, schema, clock, log, meter } = options;
  const warn = createWarningThrottle(log, clock);
  const budget = new RefusalBudget();

  const refuse: EventIntake<Event>['refuse'] = (reason, field) => {
    meter.count('bff_rejected_total', { edge, reason });
    warn(reason, { edge, reason, field }, 'event refused');
    return undefined;
  };

  return {
    refuse,
    read(message) {
      if (message.length > maxEventBytes) return refuse('too_large');
      const { length } = message;
      if (!budget.admits(length, clock.monotonic())) return refuse('flood');
      const parsed = parse(message.toString('utf8'));
      const read = parsed.ok ? schema.safeParse(parsed.value) : undefined;
      if (read?.success === true) return read.data;
      budget.spend(length, clock.monotonic());
      // A path leads through fields of the schema only: others are left out unseen.
      return parsed.ok ? refuse('shape', read?.error.issues[0]?.path.join('.')) : refuse(parsed.reason);
    },
  };
}

import type { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { JsonValue } from '../../core/json.ts';
import { createWarningThrottle, type Log } from '../../core/log.ts';
import type { Meter } from '../../core/meter.ts';

export interface EventIntakeOptions<Event> {
  /** Where the events come in, for the metrics and the log. */
  readonly edge: 'instance_event' | 'message_event';
  /** The value in a text, or undefined where it is none. */
  readonly parse: (text: string) => JsonValue | undefined;
  readonly schema: z.ZodType<Event>;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

export interface EventIntake<Event> {
  /** The event in a message; undefined where it is refused. */
  read(message: Buffer): Event | undefined;
  /** Counts a refusal and warns of it, in words of the gateway's own: nothing of an event gets into a log. */
  refuse(reason: 'too_large' | 'malformed' | 'shape' | 'full', field?: string): undefined;
}

const maxEventBytes = 1024 * 1024;

/** Checks events at the edge. */
export function createEventIntake<Event>(options: EventIntakeOptions<Event>): EventIntake<Event> {
  const { edge, parse, schema, clock, log, meter } = options;
  const warn = createWarningThrottle(log, clock);

  const refuse: EventIntake<Event>['refuse'] = (reason, field) => {
    meter.count('bff_rejected_total', { edge, reason });
    warn(reason, { edge, reason, field }, 'event refused');
    return undefined;
  };

  return {
    refuse,
    read(message) {
      if (message.length > maxEventBytes) return refuse('too_large');
      const value = parse(message.toString('utf8'));
      if (value === undefined) return refuse('malformed');
      const { success, data, error } = schema.safeParse(value);
      // A path leads through fields of the schema only: others are left out unseen.
      return success ? data : refuse('shape', error.issues[0]?.path.join('.'));
    },
  };
}

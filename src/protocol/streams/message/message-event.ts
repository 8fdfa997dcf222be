import { z } from 'zod';
import { type Clock, isoTime } from '../../../core/clock.ts';
import { isJsonObject, type JsonValue, numberAsText } from '../../../core/json.ts';
import { hasMoreThan, mayBeRounded, quoteLongIntegers } from '../../../core/json-text.ts';
import { maxEventMembers, type Parsed, parseUntrusted } from '../../../core/untrusted-json.ts';
import { eventTime } from '../instance/instance-event.ts';

/** What clients are told of a message: nothing else of it is kept. */
export type MessageMetadata = {
  readonly message_id: string;
  /** What has become of the message, such as `delivered`. */
  readonly event: string;
  readonly from: string;
  readonly to: string;
  readonly message_type: string;
  readonly detail: string | null;
  /** ISO 8601 in UTC. */
  readonly timestamp: string;
};

export interface MessageEvent {
  readonly metadata: MessageMetadata;
  /** Filters, and is not sent. */
  readonly correlationId: string | undefined;
}

const maxDetailLength = 4096;
const text = z.preprocess(numberAsText, z.string().max(256));
const someText = z.preprocess(numberAsText, z.string().min(1).max(256));

const schema = z.object({
  message_id: someText,
  event: someText,
  from: text,
  to: text,
  message_type: text,
  /** A text; anything else would be more than a detail. */
  detail: z
    .preprocess(numberAsText, z.string())
    .transform((detail) => detail.slice(0, maxDetailLength))
    .nullable()
    .catch(null),
  timestamp: eventTime,
  correlation_id: text.optional().catch(undefined),
});

/** What is taken out of an event of the channel `message_events`: by name, each field for itself. */
export function messageEventSchema(clock: Clock) {
  return schema.transform(
    ({ message_id, event, from, to, message_type, detail, timestamp, correlation_id }): MessageEvent => ({
      metadata: {
        ...{ message_id, event, from, to, message_type, detail },
        timestamp: timestamp ?? isoTime(clock.now()),
      },
      correlationId: correlation_id,
    }),
  );
}

/**
 * The value in a text. What is in the private part of an event is none of our business: whatever its keys and its
 * depth are, they are no reason to refuse it, unless they are too many to be read in passing.
 */
export function parseMessageEvent(json: string): Parsed {
  const options = { nonFinite: 'null', exactIntegers: true, maxMembers: maxEventMembers } as const;
  if (hasMoreThan(json, maxEventMembers, Number.POSITIVE_INFINITY)) return parseUntrusted(json, options);
  try {
    const value = JSON.parse(json) as JsonValue;
    const isRounded =
      isJsonObject(value) &&
      Object.values(value).some((field) => typeof field === 'number' && mayBeRounded(field));
    const exact = isRounded ? (JSON.parse(quoteLongIntegers(json)) as JsonValue) : value;
    return { ok: true, value: exact, nonFinite: [] };
  } catch {
    // Numbers such as NaN, which some engines write, are not JSON.
    return parseUntrusted(json, options);
  }
}

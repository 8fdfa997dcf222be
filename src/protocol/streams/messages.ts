import { z } from 'zod';
import { type Clock, isoTime } from '../../core/clock.ts';
import { isJsonObject, type JsonValue, numberAsText } from '../../core/json.ts';
import { hasMoreThan, mayBeRounded, quoteLongIntegers } from '../../core/json-text.ts';
import type { Log } from '../../core/log.ts';
import type { Meter } from '../../core/meter.ts';
import { maxEventMembers, type Parsed, parseUntrusted } from '../../core/untrusted-json.ts';
import type { View } from '../../deliver/view.ts';
import type { Views, ViewsOfKind } from '../../deliver/views.ts';
import { EventRendition } from '../../encode/event-rendition.ts';
import type { EventFeed } from '../../feed/event-feed.ts';
import type { Feeds } from '../../feed/feeds.ts';
import type { Lease } from '../../feed/registry.ts';
import { eventTime, StreamEventIntake } from './event-intake.ts';
import type { MessageMetadata } from './packets.ts';
import { maxBehind, streamsDialect } from './stream-client.ts';

/** Empty text counts as absent: forms send that for a field not filled in. */
const filter = z
  .string()
  .max(256)
  .transform((text) => (text === '' ? undefined : text))
  .optional();

/** The query of `/ws/messages`. */
export const messageQuery = z.object({
  instance: filter.describe('Name of the sender or receiver'),
  correlation_id: filter.describe('The chain that a message belongs to'),
});

/** An event must match both; an absent field matches all. */
export interface MessageFilter {
  /** Sender or receiver. */
  readonly instance: string | undefined;
  readonly correlationId: string | undefined;
}

const recentShown = 100;
/** Events kept: enough for a filter that few of them match. */
const history = { capacity: 10_000, maxBytes: 8 * 1024 * 1024 };
/** Memory of an event besides its texts. */
const eventBytes = 300;

/** The events of messages between instances, kept once, with a view for each filter in use. */
export class MessageStream {
  readonly #clock: Clock;
  readonly #intake: StreamEventIntake<MessageEvent>;
  readonly #feed: EventFeed<MessageEvent>;
  readonly #views: ViewsOfKind<MessageFilter, EventRendition<MessageEvent>>;

  constructor(
    feeds: Feeds,
    views: Views,
    parts: { readonly clock: Clock; readonly log: Log; readonly meter: Meter },
  ) {
    this.#clock = parts.clock;
    const schema = messageEventSchema(parts.clock);
    this.#intake = new StreamEventIntake('message_event', parseMessageEvent, schema, parts);
    this.#feed = feeds.events<MessageEvent>(`${streamsDialect}/messages`, { ...history, bytesOf });
    this.#views = views.ofKind({
      key: ({ instance, correlationId }) => JSON.stringify([instance, correlationId]),
      make: (filter) => this.#renditionOf(filter),
      isReserved: ({ instance, correlationId }) => instance === undefined && correlationId === undefined,
    });
  }

  /** Undefined where too many filters are in use. */
  acquire(
    filter: MessageFilter,
    holder: string | undefined,
  ): Lease<View<EventRendition<MessageEvent>>> | undefined {
    return this.#views.acquire(filter, holder);
  }

  /** Takes a message of the channel `message_events`. */
  onEvent(message: Buffer): void {
    const receivedAt = this.#clock.monotonic();
    const event = this.#intake.read(message);
    if (event !== undefined) this.#feed.append(event, receivedAt);
  }

  #renditionOf(filter: MessageFilter): EventRendition<MessageEvent> {
    const rendition: EventRendition<MessageEvent> = new EventRendition<MessageEvent>({
      ...{ dialect: streamsDialect, feed: this.#feed, maxBehind, beyond: 'snapshot' },
      shows: (event) => passes(event, filter),
      render: ([event]) => ({ type: 'message_event', ...event.metadata }),
      snapshot: () => ({
        type: 'snapshot',
        recent_events: rendition.recent(recentShown).map(({ metadata }) => metadata),
      }),
    });
    return rendition;
  }
}

function passes({ metadata: { from, to }, correlationId }: MessageEvent, filter: MessageFilter): boolean {
  const { instance } = filter;
  if (instance !== undefined && from !== instance && to !== instance) return false;
  return filter.correlationId === undefined || filter.correlationId === correlationId;
}

function bytesOf({ metadata, correlationId = '' }: MessageEvent): number {
  const { message_id, event, from, to, message_type, detail } = metadata;
  const texts = [message_id, event, from, to, message_type, detail ?? '', correlationId];
  return texts.reduce((sum, { length }) => sum + 2 * length, eventBytes);
}

interface MessageEvent {
  readonly metadata: MessageMetadata;
  /** For filters only; not sent to clients. */
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
  /** Null where it is no text. */
  detail: z
    .preprocess(numberAsText, z.string())
    .transform((detail) => detail.slice(0, maxDetailLength))
    .nullable()
    .catch(null),
  timestamp: eventTime,
  correlation_id: text.optional().catch(undefined),
});

/** Reads an event of the channel `message_events`. */
function messageEventSchema(clock: Clock) {
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
 * Parses an event. Its private part is ignored, so its keys and depth are no reason to refuse it, as long as it has no
 * more members than an event may have.
 */
function parseMessageEvent(json: string): Parsed {
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

import { z } from 'zod';
import type { Clock } from '../../../core/clock.ts';
import type { Log } from '../../../core/log.ts';
import type { Meter } from '../../../core/meter.ts';
import type { Views, ViewsOfKind } from '../../../deliver/views.ts';
import { EventRendition } from '../../../encode/event-rendition.ts';
import type { Feeds } from '../../../feed/feeds.ts';
import { createEventIntake } from '../event-intake.ts';
import { dialect, maxBehind } from '../stream-client.ts';
import { type MessageEvent, messageEventSchema, parseMessageEvent } from './message-event.ts';

/** An empty one is what a form sends that was not filled in. */
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

/** Both: and. An absent one lets every message pass. */
export interface MessageFilter {
  /** Sender or receiver. */
  readonly instance: string | undefined;
  readonly correlationId: string | undefined;
}

export interface MessageViews
  extends Pick<ViewsOfKind<MessageFilter, EventRendition<MessageEvent>>, 'acquire'> {
  /** Takes a message of the channel `message_events`. */
  onEvent(message: Buffer): void;
}

export interface MessageViewsOptions {
  readonly feeds: Feeds;
  readonly views: Views;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

const recentShown = 100;
/** Events kept, so that a filter which few of them pass has something to show. */
const history = { capacity: 10_000, maxBytes: 8 * 1024 * 1024 };
/** What an event takes besides its texts. */
const eventBytes = 300;

export function createMessageViews(options: MessageViewsOptions): MessageViews {
  const { feeds, clock, log, meter } = options;
  const schema = messageEventSchema(clock);
  const intake = createEventIntake({
    ...{ edge: 'message_event', parse: parseMessageEvent, schema, clock, log, meter },
  });
  const feed = feeds.events<MessageEvent>(`${dialect}/messages`, { ...history, bytesOf });

  const make = (filter: MessageFilter): EventRendition<MessageEvent> => {
    const rendition: EventRendition<MessageEvent> = new EventRendition<MessageEvent>({
      ...{ dialect, feed, maxBehind, beyond: 'snapshot' },
      shows: (event) => passes(event, filter),
      render: ([event]) => ({ type: 'message_event', ...event.metadata }),
      snapshot: () => ({
        type: 'snapshot',
        recent_events: rendition.recent(recentShown).map(({ metadata }) => metadata),
      }),
    });
    return rendition;
  };
  const views = options.views.ofKind({
    key: ({ instance, correlationId }: MessageFilter) => JSON.stringify([instance, correlationId]),
    make,
    isReserved: ({ instance, correlationId }) => instance === undefined && correlationId === undefined,
  });

  return {
    acquire: (filter, holder) => views.acquire(filter, holder),
    onEvent(message) {
      const receivedAt = clock.monotonic();
      const event = intake.read(message);
      if (event !== undefined) feed.append(event, receivedAt);
    },
  };
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

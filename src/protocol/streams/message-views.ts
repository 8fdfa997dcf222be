import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { Meter } from '../../core/meter.ts';
import { randomId } from '../../core/random.ts';
import { Channel } from '../../deliver/channel.ts';
import type { Hub } from '../../deliver/hub.ts';
import { createEventRendition, type EventRendition } from '../../encode/event-rendition.ts';
import type { Packet } from '../../encode/rendition.ts';
import { createEventFeed } from '../../feed/event-feed.ts';
import { createRegistry, type Lease } from '../../feed/registry.ts';
import { createEventIntake } from './event-intake.ts';
import { type MessageEvent, messageEventSchema, parseMessageEvent } from './message-event.ts';
import { sharedPacket, toPacket } from './packets.ts';
import { dialect, maxBehind } from './sessions.ts';

/** Both: and. An absent one lets every message pass. */
export interface MessageFilter {
  /** Sender or receiver. */
  readonly instance: string | undefined;
  readonly correlationId: string | undefined;
}

export interface MessageView {
  readonly channel: Channel;
  snapshot(): Packet;
}

export interface MessageViews {
  /** Undefined where too many filters are in use. */
  /** @param holder by whom the share of views is counted */
  acquire(filter: MessageFilter, holder: string | undefined): Lease<MessageView> | undefined;
  /** Takes a message of the channel `message_events`. */
  onEvent(message: Buffer): void;
  close(): void;
}

export interface MessageViewsOptions {
  readonly hub: Hub;
  /** Filters in use at once. 0: no bound. */
  readonly maxViews: number;
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
  const { hub, maxViews, clock, log, meter } = options;
  const schema = messageEventSchema(clock);
  const intake = createEventIntake({
    ...{ edge: 'message_event', parse: parseMessageEvent, schema, clock, log, meter },
  });
  const feed = createEventFeed<MessageEvent>({ epoch: randomId(), ...history, bytesOf });

  const open = (filter: MessageFilter): MessageView => {
    const shows = (event: MessageEvent): boolean => passes(event, filter);
    const snapshot = sharedPacket(
      () => rendition.seq,
      () => ({
        type: 'snapshot',
        recent_events: rendition.recent(recentShown).map(({ metadata }) => metadata),
      }),
    );
    const rendition: EventRendition<MessageEvent> = createEventRendition<MessageEvent>({
      ...{ dialect, feed, shows, snapshot, maxBehind, beyond: 'snapshot' },
      render: ([event]) =>
        event === undefined ? snapshot() : toPacket({ type: 'message_event', ...event.metadata }),
    });
    const channel = new Channel(rendition);
    hub.open(channel);
    return { channel, snapshot };
  };

  const registry = createRegistry({
    clock,
    key: ({ instance, correlationId }: MessageFilter) => JSON.stringify([instance, correlationId]),
    open,
    close: ({ channel }) => hub.close(channel),
    max: maxViews,
    isReserved: ({ instance, correlationId }) => instance === undefined && correlationId === undefined,
  });

  return {
    acquire: (filter, holder) => registry.acquire(filter, holder),
    onEvent(message) {
      const receivedAt = clock.monotonic();
      const event = intake.read(message);
      if (event !== undefined) feed.append(event, receivedAt);
    },
    close: () => registry.close(),
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

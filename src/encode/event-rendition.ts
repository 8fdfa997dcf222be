import type { EventFeed } from '../feed/event-feed.ts';
import { formatPosition, parsePosition } from '../feed/position.ts';
import { DroppedCount } from './dropped-count.ts';
import { jsonEncoding } from './encoding.ts';
import { EventIndex } from './event-index.ts';
import { Message, type Packet } from './message.ts';
import type { NewsListener, Rendition, Step, Update } from './rendition.ts';

export interface EventRenditionOptions<Event> {
  readonly dialect: string;
  readonly feed: EventFeed<Event>;
  /** Which events it shows. Default: all. */
  readonly shows?: (event: Event) => boolean;
  /** Words events in a row; one at a time, unless they are `gathered`. */
  readonly render: (events: readonly [Event, ...Event[]]) => Packet;
  /**
   * Whether everything that a session lacks is put into one message, or as much of it as each time may still be
   * added to what is in it. Default false.
   */
  readonly gathered?: boolean | ((event: Event, before: readonly Event[]) => boolean);
  /**
   * Whether only the snapshot can tell of an event: a session that comes to it is sent that, and has everything
   * then. Default: `render` has words for each.
   */
  readonly bySnapshot?: (event: Event) => boolean;
  /** Whether an event counts among those dropped: as many as the numbers it takes. Default: each does. */
  readonly counts?: (event: Event) => boolean;
  /** The first message of a session: what there is now, whatever came before. */
  readonly snapshot: () => Packet;
  /** Another number after each change of the snapshot, for which it is made once. Default: the newest event's. */
  readonly snapshotVersion?: () => number;
  /** Events that a session may lack and still be sent each of them, as far as the feed keeps them. */
  readonly maxBehind: number;
  /** How a session goes on that lacks more: from the snapshot, or from the oldest event that it can be sent. */
  readonly beyond: 'snapshot' | 'oldest';
  /** What it is told first, where it goes on from the oldest: how many events it will not be sent. */
  readonly tellDropped?: (count: number) => Packet;
}

export interface EventRendition<Event> extends Rendition {
  /** What there is now; made once for all who come to it before it changes. */
  snapshot(): Message;
  /** `<epoch>-<seq>` of the newest event that it shows. */
  readonly position: string;
  /** The newest events that it shows, oldest first: `maxBehind` of them at most. */
  recent(count: number): readonly Event[];
}

/**
 * Of the events that a session may lack, so many may follow a snapshot that it is sent. Those who come to one soon
 * after one another share it: however many clients fall behind again and again, few are made.
 */
const shareOfSnapshot = 0.25;

/**
 * The events of a feed, or those that pass a filter. A session is sent each event after its cursor, in order; the
 * messages are made once, however many sessions there are. One that fell too far behind is sent what follows from
 * the newest events only.
 */
export function createEventRendition<Event>(options: EventRenditionOptions<Event>): EventRendition<Event> {
  const { dialect, feed, shows = () => true, counts = () => true, maxBehind } = options;
  const shown = new EventIndex(feed, shows, maxBehind);
  const steps = new Map<number, Step>();
  const droppedCount = new DroppedCount();
  let seq = feed.seq;
  let heard = seq;
  let uncounted = 0;
  let receivedAt: number | undefined;
  let lastSnapshot: Step | undefined;
  let onNews: NewsListener = () => {};
  droppedCount.note(seq, uncounted);

  const stop = feed.onEntry((entry) => {
    const isShown = shown.add(entry);
    if (!isShown || !counts(entry.event)) uncounted += entry.seq - heard;
    heard = entry.seq;
    if (!isShown) return;
    droppedCount.note(entry.seq, uncounted);
    seq = entry.seq;
    receivedAt = entry.receivedAt;
    steps.clear();
    onNews([]);
  });

  const positionAt = (place: number): string => formatPosition({ epoch: feed.epoch, seq: place });
  /** @param place where whoever is sent it stands then */
  const messageOf = (packet: Packet, place: number): Message =>
    new Message(packet, jsonEncoding, { position: positionAt(place) });

  const snapshotVersion = options.snapshotVersion ?? (() => seq);
  let shared: { readonly version: number; readonly seq: number; readonly message: Message } | undefined;
  const snapshot = (): Message => {
    const version = snapshotVersion();
    if (shared?.version !== version || shared.seq !== seq) {
      shared = { version, seq, message: messageOf(options.snapshot(), seq) };
    }
    return shared.message;
  };

  /** The first event from an index on, and those that are put into one message with it. */
  const gather = (
    from: number,
    first: Event,
  ): { readonly events: [Event, ...Event[]]; readonly seq: number } => {
    const { gathered = false, bySnapshot = () => false } = options;
    const events: [Event, ...Event[]] = [first];
    let index = from;
    for (; gathered !== false; index += 1) {
      const event = shown.at(index + 1)?.event;
      if (event === undefined || bySnapshot(event)) break;
      if (typeof gathered === 'function' && !gathered(event, events)) break;
      events.push(event);
    }
    return { events, seq: shown.at(index)?.seq ?? seq };
  };

  /** @param least where whoever is sent it must stand then, or further */
  const snapshotStep = (least: number): Step => {
    const since = lastSnapshot === undefined ? 0 : shown.length - shown.indexAfter(lastSnapshot.seq);
    if (lastSnapshot === undefined || lastSnapshot.seq < least || since > maxBehind * shareOfSnapshot) {
      lastSnapshot = { message: snapshot(), seq, dropped: 0 };
    }
    return lastSnapshot;
  };

  const stepAfter = (cursor: number): Step => {
    if (cursor < shown.forgotten) return stepBeyond(cursor);
    const from = shown.indexAfter(cursor);
    const first = shown.at(from);
    if (first === undefined) return snapshotStep(cursor);
    if (options.bySnapshot?.(first.event) === true) return snapshotStep(first.seq);
    const { events, seq: last } = gather(from, first.event);
    return { message: messageOf(options.render(events), last), seq: last, dropped: 0 };
  };

  const droppedAfter = (cursor: number): number =>
    cursor < shown.forgotten ? droppedCount.between(cursor, shown.forgotten) : 0;

  const stepBeyond = (cursor: number): Step => {
    const { forgotten } = shown;
    const dropped = droppedAfter(cursor);
    if (options.beyond === 'snapshot') return { ...snapshotStep(forgotten), dropped };
    // What is forgotten need not be anything that counts: then there is nothing to be told.
    if (options.tellDropped !== undefined && dropped > 0)
      return { message: messageOf(options.tellDropped(dropped), forgotten), seq: forgotten, dropped };
    return { ...after(forgotten), dropped };
  };

  /** Sessions that stand at the same place are given the same message. */
  const after = (cursor: number): Step => {
    let step = steps.get(cursor);
    if (step === undefined) {
      step = stepAfter(cursor);
      steps.set(cursor, step);
    }
    return step;
  };

  return {
    dialect,
    get seq() {
      return seq;
    },
    get position() {
      return positionAt(seq);
    },
    snapshot,
    latest: snapshot,
    after,
    cursorAt(position) {
      const at = parsePosition(position);
      // Of the numbers up to the feed's newest, this rendition may not show the last ones.
      const isKnown = at !== undefined && at.epoch === feed.epoch && at.seq > 0 && at.seq <= feed.seq;
      return isKnown ? Math.min(at.seq, seq) : undefined;
    },
    droppedAfter,
    next: (): Update => ({ seq, receivedAt, after }),
    recent: (count) => shown.recent(count),
    onNews(listener) {
      onNews = listener;
    },
    close: stop,
  };
}

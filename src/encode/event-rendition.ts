import type { EventFeed } from '../feed/event-feed.ts';
import { EventIndex } from './event-index.ts';
import { MissedCount } from './missed-count.ts';
import type { NewsListener, Packet, Rendition, Step, Update } from './rendition.ts';

export interface EventRenditionOptions<Event> {
  readonly dialect: string;
  readonly feed: EventFeed<Event>;
  /** Which events it shows. Default: all. */
  readonly shows?: (event: Event) => boolean;
  /** Words events in a row; one at a time, unless they are `gathered`. */
  readonly render: (events: readonly Event[]) => Packet;
  /**
   * Whether everything that a session lacks is put into one packet, or as much of it as each time may still be
   * added to what is in it. Default false.
   */
  readonly gathered?: boolean | ((event: Event, before: readonly Event[]) => boolean);
  /**
   * Whether only the snapshot can tell of an event: a session that comes to it is sent that, and has everything
   * then. Default: `render` has words for each.
   */
  readonly bySnapshot?: (event: Event) => boolean;
  /** Whether an event counts among those missed: as many as the numbers it takes. Default: each does. */
  readonly counts?: (event: Event) => boolean;
  /** The first packet of a session: what there is now, whatever came before. */
  readonly snapshot: () => Packet;
  /** Events that a session may lack and still be sent each of them, as far as the feed keeps them. */
  readonly maxBehind: number;
  /** How a session goes on that lacks more: from the snapshot, or from the oldest event that it can be sent. */
  readonly beyond: 'snapshot' | 'oldest';
  /** What it is told first, where it goes on from the oldest: how many events it will not be sent. */
  readonly tellMissed?: (count: number) => Packet;
}

export interface EventRendition<Event> extends Rendition {
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
 * packets are made once, however many sessions there are. One that fell too far behind is sent what follows from
 * the newest events only.
 */
export function createEventRendition<Event>(options: EventRenditionOptions<Event>): EventRendition<Event> {
  const { dialect, feed, shows = () => true, counts = () => true, snapshot, maxBehind } = options;
  const shown = new EventIndex(feed, shows, maxBehind);
  const steps = new Map<number, Step>();
  const missedCount = new MissedCount();
  let seq = feed.seq;
  let heard = seq;
  let uncounted = 0;
  let receivedAt: number | undefined;
  let lastSnapshot: Step | undefined;
  let onNews: NewsListener = () => {};
  missedCount.note(seq, uncounted);

  const stop = feed.onEntry((entry) => {
    const isShown = shown.add(entry);
    if (!isShown || !counts(entry.event)) uncounted += entry.seq - heard;
    heard = entry.seq;
    if (!isShown) return;
    missedCount.note(entry.seq, uncounted);
    seq = entry.seq;
    receivedAt = entry.receivedAt;
    steps.clear();
    onNews([]);
  });

  /** The first event from an index on, and those that are put into one packet with it. */
  const gather = (from: number): { readonly events: readonly Event[]; readonly seq: number } => {
    const { gathered = false, bySnapshot = () => false } = options;
    const events: Event[] = [];
    let last = seq;
    for (let index = from; index < shown.length; index += 1) {
      const entry = shown.at(index);
      if (entry === undefined) break;
      const { event } = entry;
      const joins =
        events.length === 0 ||
        (!bySnapshot(event) && (typeof gathered === 'function' ? gathered(event, events) : gathered));
      if (!joins) break;
      events.push(event);
      last = entry.seq;
      if (gathered === false) break;
    }
    return { events, seq: last };
  };

  /** @param least where whoever is sent it must stand then, or further */
  const snapshotStep = (least: number): Step => {
    const since = lastSnapshot === undefined ? 0 : shown.length - shown.indexAfter(lastSnapshot.seq);
    if (lastSnapshot === undefined || lastSnapshot.seq < least || since > maxBehind * shareOfSnapshot) {
      lastSnapshot = { packet: snapshot(), seq, missed: 0 };
    }
    return lastSnapshot;
  };

  const stepAfter = (cursor: number): Step => {
    if (cursor < shown.forgotten) return stepBeyond(cursor);
    const from = shown.indexAfter(cursor);
    const first = shown.at(from);
    if (first !== undefined && options.bySnapshot?.(first.event) === true) return snapshotStep(first.seq);
    const { events, seq: last } = gather(from);
    return { packet: options.render(events), seq: last, missed: 0 };
  };

  const missedAfter = (cursor: number): number =>
    cursor < shown.forgotten ? missedCount.between(cursor, shown.forgotten) : 0;

  const stepBeyond = (cursor: number): Step => {
    const { forgotten } = shown;
    const missed = missedAfter(cursor);
    if (options.beyond === 'snapshot') return { ...snapshotStep(forgotten), missed };
    // What is forgotten need not be anything that counts: then there is nothing to be told.
    if (options.tellMissed !== undefined && missed > 0)
      return { packet: options.tellMissed(missed), seq: forgotten, missed };
    return { ...after(forgotten), missed };
  };

  /** Sessions that stand at the same place are given the same packet. */
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
    latest: snapshot,
    after,
    missedAfter,
    next: (): Update => ({ seq, receivedAt, after }),
    recent: (count) => shown.recent(count),
    onNews(listener) {
      onNews = listener;
    },
    close: stop,
  };
}

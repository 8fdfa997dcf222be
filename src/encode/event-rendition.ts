import Denque from 'denque';
import type { EventFeed, FeedEntry } from '../feed/event-feed.ts';
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
  /** Events that a session may lack and still be sent each of them. */
  readonly maxBehind: number;
  /** Bytes that these events may take; the newest one is kept all the same. 0: no bound. Default 0. */
  readonly maxBytes?: number;
  /** What one event takes, for `maxBytes`. Default: nothing. */
  readonly bytesOf?: (event: Event) => number;
  /** How a session goes on that lacks more: from the snapshot, or from the oldest event that it can be sent. */
  readonly beyond: 'snapshot' | 'oldest';
  /** What it is told first, where it goes on from the oldest: how many events it will not be sent. */
  readonly tellMissed?: (count: number) => Packet;
}

interface Kept<Event> extends FeedEntry<Event> {
  /** Numbers of the feed so far that do not count. */
  readonly uncounted: number;
}

/**
 * The events of a feed, or those that pass a filter. A session is sent each event after its cursor, in order; the
 * packets are made once, however many sessions there are. One that fell too far behind is sent what follows from
 * the newest events only.
 */
export function createEventRendition<Event>(options: EventRenditionOptions<Event>): Rendition {
  const { dialect, feed, shows = () => true, counts = () => true, snapshot, maxBehind } = options;
  const { maxBytes = 0, bytesOf = () => 0 } = options;
  const shown = new Denque<Kept<Event>>();
  const steps = new Map<number, Step>();
  const missedCount = new MissedCount();
  let seq = feed.seq;
  let heard = seq;
  let uncounted = 0;
  let bytes = 0;
  /** `seq` of the newest event that is no longer kept. */
  let forgotten = seq;
  let receivedAt: number | undefined;
  let onNews: NewsListener = () => {};
  missedCount.note(seq, uncounted);

  const forgetOldest = (): void => {
    const oldest = shown.shift();
    if (oldest === undefined) return;
    bytes -= bytesOf(oldest.event);
    forgotten = oldest.seq;
    missedCount.note(oldest.seq, oldest.uncounted);
  };

  const isFull = (): boolean =>
    shown.length > maxBehind || (maxBytes > 0 && bytes > maxBytes && shown.length > 1);

  const stop = feed.onEntry((entry) => {
    const isShown = shows(entry.event);
    if (!isShown || !counts(entry.event)) uncounted += entry.seq - heard;
    heard = entry.seq;
    if (!isShown) return;
    shown.push({ ...entry, uncounted });
    bytes += bytesOf(entry.event);
    seq = entry.seq;
    receivedAt = entry.receivedAt;
    steps.clear();
    while (isFull()) forgetOldest();
    onNews([]);
  });

  const indexAfter = (cursor: number): number => {
    let [low, high] = [0, shown.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((shown.peekAt(middle)?.seq ?? 0) <= cursor) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  /** The first event from an index on, and those that are put into one packet with it. */
  const gather = (from: number): { readonly events: readonly Event[]; readonly seq: number } => {
    const { gathered = false, bySnapshot = () => false } = options;
    const events: Event[] = [];
    let last = seq;
    for (let index = from; index < shown.length; index += 1) {
      const entry = shown.peekAt(index);
      if (entry === undefined) break;
      const { event } = entry;
      const joins =
        events.length === 0 ||
        (!bySnapshot(event) && (typeof gathered === 'function' ? gathered(event, events) : gathered));
      if (!joins) break;
      events.push(event);
      last = entry.seq;
    }
    return { events, seq: last };
  };

  const stepAfter = (cursor: number): Step => {
    if (cursor < forgotten) return stepBeyond(cursor);
    const from = indexAfter(cursor);
    const first = shown.peekAt(from);
    if (first !== undefined && options.bySnapshot?.(first.event) === true) {
      return { packet: snapshot(), seq, missed: 0 };
    }
    const { events, seq: last } = gather(from);
    return { packet: options.render(events), seq: last, missed: 0 };
  };

  const stepBeyond = (cursor: number): Step => {
    const missed = missedCount.between(cursor, forgotten);
    if (options.beyond === 'snapshot') return { packet: snapshot(), seq, missed };
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
    next: (): Update => ({ seq, receivedAt, after }),
    onNews(listener) {
      onNews = listener;
    },
    close: stop,
  };
}

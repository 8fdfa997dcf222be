import Denque from 'denque';
import type { EventFeed, FeedEntry } from '../feed/event-feed.ts';
import type { Packet, Rendition, Step, Update } from './rendition.ts';

export interface EventRenditionOptions<Event> {
  readonly dialect: string;
  readonly feed: EventFeed<Event>;
  /** Which events it shows. Default: all. */
  readonly shows?: (event: Event) => boolean;
  /** Words events in a row; one at a time, unless they are `gathered`. */
  readonly render: (events: readonly Event[]) => Packet;
  /** Whether everything that a session lacks is put into one packet. Default false. */
  readonly gathered?: boolean;
  /** The first packet of a session: what there is now, whatever came before. */
  readonly snapshot: () => Packet;
  /** Events that a session may lack and still be sent each of them. */
  readonly maxBehind: number;
  /** How a session goes on that lacks more: from the snapshot, or from the oldest event that it can be sent. */
  readonly beyond: 'snapshot' | 'oldest';
  /** What it is told first, where it goes on from the oldest: how many events it will not be sent. */
  readonly tellMissed?: (count: number) => Packet;
}

/**
 * The events of a feed, or those that pass a filter. A session is sent each event after its cursor, in order; the
 * packets are made once, however many sessions there are. One that fell too far behind is sent what follows from
 * the newest events only.
 */
export function createEventRendition<Event>(options: EventRenditionOptions<Event>): Rendition {
  const { dialect, feed, shows = () => true, snapshot, maxBehind } = options;
  const shown = new Denque<FeedEntry<Event>>();
  const steps = new Map<number, Step>();
  let seq = feed.seq;
  /** `seq` of the newest event that is no longer kept. */
  let forgotten = seq;
  let receivedAt: number | undefined;
  let onNews = (): void => {};
  const stop = feed.onEntry((entry) => {
    if (!shows(entry.event)) return;
    shown.push(entry);
    seq = entry.seq;
    receivedAt = entry.receivedAt;
    steps.clear();
    if (shown.length > maxBehind) forgotten = shown.shift()?.seq ?? forgotten;
    onNews();
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

  const stepAfter = (cursor: number): Step => {
    if (cursor < forgotten) return stepBeyond(cursor);
    const from = indexAfter(cursor);
    const entries = shown.toArray().slice(from, options.gathered === true ? undefined : from + 1);
    return {
      packet: options.render(entries.map(({ event }) => event)),
      seq: entries.at(-1)?.seq ?? seq,
      missed: 0,
    };
  };

  const stepBeyond = (cursor: number): Step => {
    const missed = forgotten - cursor;
    if (options.beyond === 'snapshot') return { packet: snapshot(), seq, missed };
    if (options.tellMissed !== undefined)
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

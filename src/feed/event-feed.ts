import Denque from 'denque';

/** An entry and its number: the last of its numbers, where it takes several. */
export interface FeedEntry<Event> {
  readonly seq: number;
  readonly event: Event;
  /** When it was received, monotonic ms; undefined where it was made here. */
  readonly receivedAt: number | undefined;
}

/** Told of each new entry, in the same turn. Must not throw. */
export type EntryListener<Event> = (entry: FeedEntry<Event>) => void;

/** A stream of events, of which the newest are kept: a bounded ring, and the only one there is of them. */
export interface EventFeed<Event> {
  /** Random id of one life of the feed. */
  readonly epoch: string;
  /** `seq` of the newest entry; 1 where there was none yet, so that the first one is 2, or more by its weight. */
  readonly seq: number;
  /** `seq` of the oldest entry kept. Infinity: none is. */
  readonly oldest: number;
  /** The entry with this `seq`, if it is still kept. */
  find(seq: number): FeedEntry<Event> | undefined;
  /** The entries kept, oldest first, at most so many of the newest. */
  recent(count?: number): readonly FeedEntry<Event>[];
  append(event: Event, receivedAt?: number): void;
  /** Returns how to stop listening. */
  onEntry(listener: EntryListener<Event>): () => void;
  /** Tells nobody of what is still appended. */
  close(): void;
}

export interface EventFeedOptions<Event> {
  readonly epoch: string;
  /** Entries kept; the oldest go first. */
  readonly capacity: number;
  /** Bytes that the entries kept may take; the newest one is kept all the same. 0: no bound. Default 0. */
  readonly maxBytes?: number;
  /** What one event takes, for `maxBytes`. Default: nothing. */
  readonly bytesOf?: (event: Event) => number;
  /** How many numbers an event takes, from 1: more than one where it stands for several things. Default 1. */
  readonly weightOf?: (event: Event) => number;
  /** Called when it is closed. Default: nothing. */
  readonly onClose?: () => void;
}

export function createEventFeed<Event>(options: EventFeedOptions<Event>): EventFeed<Event> {
  const {
    epoch,
    capacity,
    maxBytes = 0,
    bytesOf = () => 0,
    weightOf = () => 1,
    onClose = () => {},
  } = options;
  const ring = new Denque<FeedEntry<Event>>();
  const listeners = new Set<EntryListener<Event>>();
  let seq = 1;
  let bytes = 0;

  const isFull = (): boolean =>
    ring.length > capacity || (maxBytes > 0 && bytes > maxBytes && ring.length > 1);

  return {
    epoch,
    get seq() {
      return seq;
    },
    get oldest() {
      return ring.peekFront()?.seq ?? Number.POSITIVE_INFINITY;
    },
    find(wanted) {
      let [low, high] = [0, ring.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((ring.peekAt(middle)?.seq ?? 0) < wanted) low = middle + 1;
        else high = middle;
      }
      const entry = ring.peekAt(low);
      return entry?.seq === wanted ? entry : undefined;
    },
    recent: (count = ring.length) => (count <= 0 ? [] : ring.toArray().slice(-count)),
    append(event, receivedAt) {
      seq += weightOf(event);
      const entry = { seq, event, receivedAt };
      ring.push(entry);
      bytes += bytesOf(event);
      while (isFull()) {
        const oldest = ring.shift();
        if (oldest !== undefined) bytes -= bytesOf(oldest.event);
      }
      for (const listener of listeners) listener(entry);
    },
    onEntry(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      listeners.clear();
      onClose();
    },
  };
}

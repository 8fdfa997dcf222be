import Denque from 'denque';
import { countWhile, type EventFeed, type FeedEntry } from '../feed/event-feed.ts';

/** The `seq` of the newest events in a feed's ring that pass a filter. What the ring drops is dropped here, too. */
export class EventIndex<Event> {
  readonly #feed: EventFeed<Event>;
  readonly #shows: (event: Event) => boolean;
  readonly #capacity: number;
  readonly #seqs = new Denque<number>();
  #forgotten: number;

  /** @param capacity events indexed at most; those that the feed has already are searched for them */
  constructor(feed: EventFeed<Event>, shows: (event: Event) => boolean, capacity: number) {
    this.#feed = feed;
    this.#shows = shows;
    this.#capacity = capacity;
    for (const { seq, event } of feed.recent().toReversed()) {
      if (this.#seqs.length >= capacity) break;
      if (shows(event)) this.#seqs.unshift(seq);
    }
    // A session that joins now starts at the newest event: it lacks none of the older ones.
    this.#forgotten = this.#seqs.peekFront() ?? feed.seq;
  }

  /** `seq` of the newest event that was dropped from the index, or one below all that are in it. */
  get forgotten(): number {
    return this.#forgotten;
  }

  get length(): number {
    return this.#seqs.length;
  }

  /** Adds the feed's newest entry. False: it does not pass the filter. */
  add({ seq, event }: FeedEntry<Event>): boolean {
    const isShown = this.#shows(event);
    if (isShown) this.#seqs.push(seq);
    const { oldest } = this.#feed;
    for (let first = this.#seqs.peekFront(); first !== undefined; first = this.#seqs.peekFront()) {
      if (first >= oldest && this.#seqs.length <= this.#capacity) break;
      this.#seqs.shift();
      this.#forgotten = first;
    }
    return isShown;
  }

  /** Index of the first event after a `seq`. */
  indexAfter(seq: number): number {
    return countWhile(this.#seqs.length, (index) => (this.#seqs.peekAt(index) ?? 0) <= seq);
  }

  at(index: number): FeedEntry<Event> | undefined {
    const seq = this.#seqs.peekAt(index);
    return seq === undefined ? undefined : this.#feed.find(seq);
  }

  /** The newest events, oldest first, at most so many. */
  recent(count: number): readonly Event[] {
    const events: Event[] = [];
    for (let index = Math.max(0, this.length - count); index < this.length; index += 1) {
      const entry = this.at(index);
      if (entry !== undefined) events.push(entry.event);
    }
    return events;
  }
}

interface Mark {
  readonly seq: number;
  /** Numbers up to `seq` that do not count. */
  readonly uncounted: number;
}

const maxMarks = 1024;

/**
 * Counts the events between two `seq` of a feed, leaving out those that do not count, such as filtered ones. Its
 * memory is bounded: before the oldest mark, every number counts.
 */
export class DroppedCount {
  readonly #marks = new Denque<Mark>();

  /** Called in the order of `seq`. @param uncounted numbers up to `seq` that do not count */
  note(seq: number, uncounted: number): void {
    if (this.#marks.peekBack()?.uncounted === uncounted) return;
    this.#marks.push({ seq, uncounted });
    if (this.#marks.length > maxMarks) this.#marks.shift();
  }

  /** @param from a `seq` that was noted, or before all that were; `to` likewise, and not before `from` */
  between(from: number, to: number): number {
    return to - from - (this.#uncountedAt(to) - this.#uncountedAt(from));
  }

  #uncountedAt(seq: number): number {
    const passed = countWhile(this.#marks.length, (index) => (this.#marks.peekAt(index)?.seq ?? 0) <= seq);
    return this.#marks.peekAt(Math.max(0, passed - 1))?.uncounted ?? 0;
  }
}

import Denque from 'denque';
import type { EventFeed, FeedEntry } from '../feed/event-feed.ts';

/**
 * Where in a feed's ring the newest events lie that pass a filter: their numbers, and nothing else of them. What the
 * ring no longer holds, it does not either.
 */
export class EventIndex<Event> {
  readonly #feed: EventFeed<Event>;
  readonly #shows: (event: Event) => boolean;
  readonly #capacity: number;
  readonly #seqs = new Denque<number>();
  #forgotten: number;

  /** @param capacity events that it holds at most; those that the feed has already are looked through for them */
  constructor(feed: EventFeed<Event>, shows: (event: Event) => boolean, capacity: number) {
    this.#feed = feed;
    this.#shows = shows;
    this.#capacity = capacity;
    for (const { seq, event } of feed.recent().toReversed()) {
      if (this.#seqs.length >= capacity) break;
      if (shows(event)) this.#seqs.unshift(seq);
    }
    // Whoever comes now stands at the newest: of what was before, it does not matter whether it is held.
    this.#forgotten = this.#seqs.peekFront() ?? feed.seq;
  }

  /** `seq` of the newest event that was held and is no longer, or a place before all that are. */
  get forgotten(): number {
    return this.#forgotten;
  }

  get length(): number {
    return this.#seqs.length;
  }

  /** Takes note of the feed's newest entry. False: it does not pass. */
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

  /** Index of the first event after a place. */
  indexAfter(seq: number): number {
    let [low, high] = [0, this.#seqs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#seqs.peekAt(middle) ?? 0) <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
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
  /** Numbers up to `seq` that stand for nothing that counts. */
  readonly uncounted: number;
}

const maxMarks = 1024;

/**
 * How many events lie between two places in a feed, where some of its numbers stand for events that do not count.
 * What it knows of them is bounded: of places further back than its marks reach, every number counts.
 */
export class DroppedCount {
  readonly #marks = new Denque<Mark>();

  /** @param uncounted numbers up to `seq` that do not count; places are told in order, each as it is passed */
  note(seq: number, uncounted: number): void {
    if (this.#marks.peekBack()?.uncounted === uncounted) return;
    this.#marks.push({ seq, uncounted });
    if (this.#marks.length > maxMarks) this.#marks.shift();
  }

  /** @param from a place that was noted, or lies before all that were; `to` likewise, and not before it */
  between(from: number, to: number): number {
    return to - from - (this.#uncountedAt(to) - this.#uncountedAt(from));
  }

  #uncountedAt(seq: number): number {
    let [low, high] = [0, this.#marks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#marks.peekAt(middle)?.seq ?? 0) <= seq) low = middle + 1;
      else high = middle;
    }
    return (this.#marks.peekAt(Math.max(0, low - 1)) ?? { uncounted: 0 }).uncounted;
  }
}

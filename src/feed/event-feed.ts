import Denque from 'denque';

/** An entry and its number: the last of its numbers, where it takes several. */
export interface FeedEntry<Event> {
  readonly seq: number;
  readonly event: Event;
  /** When it was received, monotonic ms; undefined where it was made here. */
  readonly receivedAt: number | undefined;
}

/** Called with each new entry, within `append`. Must not throw. */
type EntryListener<Event> = (entry: FeedEntry<Event>) => void;

export interface EventFeedOptions<Event> {
  readonly epoch: string;
  /** Entries kept; the oldest go first. */
  readonly capacity: number;
  /** Bytes that the entries kept may take; the newest one is kept all the same. 0: no bound. Default 0. */
  readonly maxBytes?: number;
  /** What one event takes, for `maxBytes`. Default: nothing. */
  readonly bytesOf?: (event: Event) => number;
  /** By how much an event raises `seq`, from 1: by more where it is several things, such as lines. Default 1. */
  readonly weightOf?: (event: Event) => number;
}

/** A stream of events, of which the newest are kept in a bounded ring. */
export class EventFeed<Event> {
  /** Random id of one life of the feed. */
  readonly epoch: string;
  readonly #options: EventFeedOptions<Event>;
  readonly #onClose: () => void;
  readonly #ring = new Denque<FeedEntry<Event>>();
  readonly #listeners = new Set<EntryListener<Event>>();
  #seq = 1;
  #bytes = 0;

  /** @param onClose called when it is closed */
  constructor(options: EventFeedOptions<Event>, onClose: () => void = () => {}) {
    this.epoch = options.epoch;
    this.#options = options;
    this.#onClose = onClose;
  }

  /** `seq` of the newest entry; 1 where there was none yet, so that the first one is 2, or more by its weight. */
  get seq(): number {
    return this.#seq;
  }

  /** `seq` of the oldest entry kept. Infinity: none is. */
  get oldest(): number {
    return this.#ring.peekFront()?.seq ?? Number.POSITIVE_INFINITY;
  }

  /** The entry with this `seq`, if it is still kept. */
  find(seq: number): FeedEntry<Event> | undefined {
    const index = countWhile(this.#ring.length, (at) => (this.#ring.peekAt(at)?.seq ?? 0) < seq);
    const entry = this.#ring.peekAt(index);
    return entry?.seq === seq ? entry : undefined;
  }

  /** The entries kept, oldest first, at most so many of the newest. */
  recent(count = this.#ring.length): readonly FeedEntry<Event>[] {
    return count <= 0 ? [] : this.#ring.toArray().slice(-count);
  }

  append(event: Event, receivedAt?: number): void {
    const { weightOf, bytesOf } = this.#options;
    this.#seq += weightOf?.(event) ?? 1;
    const entry = { seq: this.#seq, event, receivedAt };
    this.#ring.push(entry);
    this.#bytes += bytesOf?.(event) ?? 0;
    while (this.#isFull()) {
      const oldest = this.#ring.shift();
      if (oldest !== undefined) this.#bytes -= bytesOf?.(oldest.event) ?? 0;
    }
    for (const listener of this.#listeners) listener(entry);
  }

  #isFull(): boolean {
    const { capacity, maxBytes = 0 } = this.#options;
    return this.#ring.length > capacity || (maxBytes > 0 && this.#bytes > maxBytes && this.#ring.length > 1);
  }

  /** Returns how to stop listening. */
  onEntry(listener: EntryListener<Event>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Drops the listeners. */
  close(): void {
    this.#listeners.clear();
    this.#onClose();
  }
}

/** The number of leading items that a condition holds for. It must hold for none after them: the search is binary. */
export function countWhile(length: number, holdsAt: (index: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holdsAt(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

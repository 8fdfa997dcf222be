import type { EventFeed, FeedEntry } from '../feed/event-feed.ts';
import { formatPosition, parsePosition } from '../feed/position.ts';
import { jsonEncoding } from './encoding.ts';
import { DroppedCount, EventIndex } from './event-index.ts';
import { Message, type Packet } from './message.ts';
import type { NewsListener, Rendition, Step, SweepUpdate } from './rendition.ts';

export interface EventRenditionOptions<Event> {
  readonly dialect: string;
  readonly feed: EventFeed<Event>;
  /** Which events it shows. Default: all. */
  readonly shows?: (event: Event) => boolean;
  /** Makes one packet of consecutive events: of a single one, unless they are `gathered`. */
  readonly render: (events: readonly [Event, ...Event[]]) => Packet;
  /** Whether an event that a session lacks may be added to a message with those before it. Default: none may. */
  readonly gathered?: (event: Event, before: readonly Event[]) => boolean;
  /** Whether an event has no packet of its own: a session that comes to it is sent the snapshot. Default: none. */
  readonly bySnapshot?: (event: Event) => boolean;
  /** Whether an event that is dropped counts, by its weight in the feed. Default: each does. */
  readonly counts?: (event: Event) => boolean;
  /** The current state, which is the first message of a session. */
  readonly snapshot: () => Packet;
  /** Changes whenever the snapshot does, which is made once for each value. Default: `seq` of the newest event. */
  readonly snapshotVersion?: () => number;
  /** A session is sent each event that it lacks up to this many, as far as the feed keeps them. */
  readonly maxBehind: number;
  /** Where a session continues that lacks more: at the snapshot, or at the oldest event that it can be sent. */
  readonly beyond: 'snapshot' | 'oldest';
  /** The packet that tells it how many events it will not be sent, before it continues at the oldest. */
  readonly tellDropped?: (count: number) => Packet;
}

/**
 * A snapshot is shared until this share of `maxBehind` has followed it, so that few are made however many clients
 * keep falling behind.
 */
const shareOfSnapshot = 0.25;

/**
 * The events of a feed, or those that pass a filter. A session is sent each event after its cursor, in order; the
 * messages are made once, however many sessions there are. One that fell too far behind is sent what follows from
 * the newest events only.
 */
export class EventRendition<Event> implements Rendition {
  readonly dialect: string;
  readonly #options: EventRenditionOptions<Event>;
  readonly #feed: EventFeed<Event>;
  readonly #shown: EventIndex<Event>;
  /** By cursor: sessions that stand at the same place are given the same message. */
  readonly #steps = new Map<number, Step>();
  readonly #droppedCount = new DroppedCount();
  readonly #stop: () => void;
  #seq: number;
  /** `seq` of the newest entry of the feed, whether it is shown or not. */
  #heard: number;
  #uncounted = 0;
  #receivedAt: number | undefined;
  #snapshot: { readonly version: number; readonly seq: number; readonly message: Message } | undefined;
  #lastSnapshotStep: Step | undefined;
  #onNews: NewsListener = () => {};

  constructor(options: EventRenditionOptions<Event>) {
    const { dialect, feed, shows = () => true, maxBehind } = options;
    this.dialect = dialect;
    this.#options = options;
    this.#feed = feed;
    this.#shown = new EventIndex(feed, shows, maxBehind);
    this.#seq = feed.seq;
    this.#heard = feed.seq;
    this.#droppedCount.note(this.#seq, this.#uncounted);
    this.#stop = feed.onEntry((entry) => this.#take(entry));
  }

  #take(entry: FeedEntry<Event>): void {
    const { counts = () => true } = this.#options;
    const isShown = this.#shown.add(entry);
    if (!isShown || !counts(entry.event)) this.#uncounted += entry.seq - this.#heard;
    this.#heard = entry.seq;
    if (!isShown) return;
    this.#droppedCount.note(entry.seq, this.#uncounted);
    this.#seq = entry.seq;
    this.#receivedAt = entry.receivedAt;
    this.#steps.clear();
    this.#onNews([]);
  }

  get seq(): number {
    return this.#seq;
  }

  /** `<epoch>-<seq>` of the newest event that it shows. */
  get position(): string {
    return this.#positionAt(this.#seq);
  }

  /** The newest events that it shows, oldest first: `maxBehind` of them at most. */
  recent(count: number): readonly Event[] {
    return this.#shown.recent(count);
  }

  /** The snapshot; made once for all who are sent it before it changes. */
  latest(): Message {
    const { snapshot, snapshotVersion } = this.#options;
    const seq = this.#seq;
    const version = snapshotVersion?.() ?? seq;
    if (this.#snapshot?.version !== version || this.#snapshot.seq !== seq) {
      this.#snapshot = { version, seq, message: this.#messageOf(snapshot(), seq) };
    }
    return this.#snapshot.message;
  }

  after(cursor: number): Step {
    let step = this.#steps.get(cursor);
    if (step === undefined) {
      step = this.#stepAfter(cursor);
      this.#steps.set(cursor, step);
    }
    return step;
  }

  cursorAt(position: string): number | undefined {
    const at = parsePosition(position);
    // Of the numbers up to the feed's newest, this rendition may not show the last ones.
    const isKnown =
      at !== undefined && at.epoch === this.#feed.epoch && at.seq > 0 && at.seq <= this.#feed.seq;
    return isKnown ? Math.min(at.seq, this.#seq) : undefined;
  }

  droppedAfter(cursor: number): number {
    const { forgotten } = this.#shown;
    return cursor < forgotten ? this.#droppedCount.between(cursor, forgotten) : 0;
  }

  next(): SweepUpdate {
    return { seq: this.#seq, receivedAt: this.#receivedAt, after: (cursor) => this.after(cursor) };
  }

  onNews(listener: NewsListener): void {
    this.#onNews = listener;
  }

  close(): void {
    this.#stop();
  }

  #positionAt(seq: number): string {
    return formatPosition({ epoch: this.#feed.epoch, seq });
  }

  /** @param seq the position of a session that was sent it */
  #messageOf(packet: Packet, seq: number): Message {
    return new Message(packet, jsonEncoding, { position: this.#positionAt(seq) });
  }

  #stepAfter(cursor: number): Step {
    if (cursor < this.#shown.forgotten) return this.#stepBeyond(cursor);
    const from = this.#shown.indexAfter(cursor);
    const first = this.#shown.at(from);
    if (first === undefined) return this.#snapshotStep(cursor);
    if (this.#options.bySnapshot?.(first.event) === true) return this.#snapshotStep(first.seq);
    const { events, seq } = this.#gather(from, first.event);
    return { message: this.#messageOf(this.#options.render(events), seq), seq, dropped: 0 };
  }

  #stepBeyond(cursor: number): Step {
    const { beyond, tellDropped } = this.#options;
    const { forgotten } = this.#shown;
    const dropped = this.droppedAfter(cursor);
    if (beyond === 'snapshot') return { ...this.#snapshotStep(forgotten), dropped };
    // None of the events that were dropped may count: then there is nothing to tell.
    if (tellDropped !== undefined && dropped > 0)
      return { message: this.#messageOf(tellDropped(dropped), forgotten), seq: forgotten, dropped };
    return { ...this.after(forgotten), dropped };
  }

  /** @param least the least position of a session that was sent it */
  #snapshotStep(least: number): Step {
    const last = this.#lastSnapshotStep;
    const since = last === undefined ? 0 : this.#shown.length - this.#shown.indexAfter(last.seq);
    if (last !== undefined && last.seq >= least && since <= this.#options.maxBehind * shareOfSnapshot)
      return last;
    this.#lastSnapshotStep = { message: this.latest(), seq: this.#seq, dropped: 0 };
    return this.#lastSnapshotStep;
  }

  /** The first event from an index on, and those that are put into one message with it. */
  #gather(from: number, first: Event): { readonly events: [Event, ...Event[]]; readonly seq: number } {
    const { gathered, bySnapshot } = this.#options;
    const events: [Event, ...Event[]] = [first];
    let index = from;
    for (; gathered !== undefined; index += 1) {
      const event = this.#shown.at(index + 1)?.event;
      if (event === undefined || bySnapshot?.(event) === true || !gathered(event, events)) break;
      events.push(event);
    }
    return { events, seq: this.#shown.at(index)?.seq ?? this.#seq };
  }
}

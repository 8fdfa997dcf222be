import type { Message } from '../encode/message.ts';
import type { Rendition, SweepUpdate } from '../encode/rendition.ts';
import type { Lease } from '../feed/registry.ts';
import type { FanOutCounts } from './fan-out-counts.ts';
import { nothing, type Pace, Release } from './pace.ts';
import { never, type Outlet, Slots } from './slots.ts';

/** A session, as the views that it follows know it. */
export interface Follower {
  /** Its client could not be sent an update. */
  blocked(now: number): void;
  /** It is too far behind to be sent so many more events. */
  dropped(count: number): void;
  leave(following: Following): void;
  resync(following: Following): void;
}

/** A session in one view, whose lease it holds. */
export class Following {
  readonly lease: Lease<View>;
  readonly session: Follower;
  /** Index in the view's arrays. */
  slot: number;
  /** Makes the first message, which may say more than an update. Undefined once it was sent. */
  first: (() => Message) | undefined;
  /** Of the events dropped after its cursor, how many the session was told of. */
  #droppedKnown = 0;

  constructor(lease: Lease<View>, session: Follower, slot: number, first: (() => Message) | undefined) {
    this.lease = lease;
    this.session = session;
    this.slot = slot;
    this.first = first;
  }

  get view(): View {
    return this.lease.resource;
  }

  /** Leaves the view and releases its lease. */
  leave(): void {
    this.session.leave(this);
  }

  /** Sends the newest state, whatever was sent before, as soon as the client is writable. */
  resync(): void {
    this.session.resync(this);
  }

  /** @param dropped all events after its cursor that it will not be sent; 0 when the cursor has moved */
  noteDropped(dropped: number): void {
    const more = dropped - this.#droppedKnown;
    this.#droppedKnown = dropped;
    if (more > 0) this.session.dropped(more);
  }
}

/** A rendition and the sessions that follow it. */
export class View<Shown extends Rendition = Rendition> {
  readonly rendition: Shown;
  readonly intervalMs: number;
  /** Which of its news may be sent at present; without an interval, all of it. */
  readonly release: Release;
  readonly pace: Pace;
  readonly #repeatAfterMs: number;
  readonly #slots = new Slots<Following>();

  constructor(rendition: Shown, pace: Pace = {}) {
    this.rendition = rendition;
    this.intervalMs = pace.intervalMs ?? 0;
    this.pace = pace;
    this.#repeatAfterMs = pace.repeatAfterMs ?? 0;
    this.release = new Release(this.intervalMs);
  }

  get size(): number {
    return this.#slots.size;
  }

  /**
   * Adds a session.
   * @param first makes its first message. Default: the newest state.
   * @param cursor `seq` up to which its client was sent everything. Default: it was sent nothing yet.
   */
  add(
    lease: Lease<View>,
    session: Follower,
    outlet: Outlet,
    first?: () => Message,
    cursor = nothing,
  ): Following {
    const following = new Following(lease, session, this.size, first);
    this.#slots.add(following, outlet, cursor);
    return following;
  }

  remove(following: Following): void {
    if (!this.#slots.has(following)) return;
    this.countDropped(following);
    this.#slots.remove(following);
  }

  /** How many versions or events it lacks. */
  behind({ slot }: Following): number {
    return this.rendition.seq - (this.#slots.cursors[slot] ?? nothing);
  }

  /** Whether one that lacks an update may be sent it now. */
  isDue({ slot }: Following, now: number): boolean {
    return this.#mayBeSent(slot, this.rendition.seq, now);
  }

  /** Whether it was sent nothing for so long that a sweep will repeat the current update to it. */
  isRepeatDue({ slot }: Following, now: number): boolean {
    const sinceMs = now - (this.#slots.sentAt[slot] ?? never);
    return this.#repeatAfterMs > 0 && sinceMs >= this.#repeatAfterMs && (this.pace.isRepeated?.() ?? true);
  }

  #mayBeSent(slot: number, seq: number, now: number): boolean {
    if (this.intervalMs === 0) return true;
    const sinceMs = now - (this.#slots.sentAt[slot] ?? never);
    return this.release.allows(this.#slots.cursors[slot] ?? seq, seq, sinceMs);
  }

  /** Forgets what it was sent, so that the next message is the whole state. */
  reset(following: Following): void {
    if (!this.#slots.has(following)) return;
    this.countDropped(following);
    this.#slots.cursors[following.slot] = nothing;
  }

  /** Tells its session how many events it will not be sent. While it is not writable, that is not counted as they come. */
  countDropped(following: Following): void {
    const cursor = this.#slots.cursors[following.slot] ?? nothing;
    if (cursor === nothing || !this.#slots.has(following)) return;
    following.noteDropped(this.rendition.droppedAfter(cursor));
  }

  /** How many messages it was sent. */
  sentTo({ slot }: Following): number {
    return this.#slots.sentCounts[slot] ?? 0;
  }

  /** Sends one session its first message, or the newest state, whatever it was sent before. */
  sendWhole(following: Following, now: number, counts: FanOutCounts): boolean {
    if (!this.#canTake(following.slot, now)) return false;
    const message = following.first?.() ?? this.rendition.latest();
    const { seq } = this.rendition;
    if (!this.#send(following.slot, message, seq, now, counts, this.intervalMs === 0)) return false;
    following.first = undefined;
    following.noteDropped(0);
    return true;
  }

  /** Sends one session what it lacks, for as long as it is writable. */
  catchUp(following: Following, now: number, counts: FanOutCounts): void {
    this.#serve(following.slot, this.rendition.seq, this.rendition, now, counts);
  }

  /** Begins a sweep over all sessions. */
  beginSweep(): void {
    this.#slots.order.begin(this.size);
  }

  /**
   * Visits the next `count` sessions, or fewer if they are sent that many messages.
   * @returns whether that was all
   */
  sweep(update: SweepUpdate, count: number, now: number, counts: FanOutCounts): boolean {
    const { seq } = update;
    const { cursors, order } = this.#slots;
    const enough = counts.sent + count;
    for (let visits = 0; visits < count && counts.sent < enough && !order.isOver; visits += 1) {
      const slot = order.take();
      if ((cursors[slot] ?? seq) >= seq) this.#repeatIfDue(slot, now, counts);
      else if (!this.#mayBeSent(slot, seq, now)) counts.held += 1;
      else if (!this.#serve(slot, seq, update, now, counts)) counts.skipped += 1;
    }
    return order.isOver;
  }

  #repeatIfDue(slot: number, now: number, counts: FanOutCounts): void {
    const following = this.#slots.followings[slot];
    if (following !== undefined && this.isRepeatDue(following, now)) this.sendWhole(following, now, counts);
  }

  /** Asked before a message is made for it. */
  #canTake(slot: number, now: number): boolean {
    if (this.#slots.outlets[slot]?.canTake() === true) return true;
    this.#slots.followings[slot]?.session.blocked(now);
    return false;
  }

  /** Sends the session at `slot` step by step all up to `seq`. False: it is not writable. */
  #serve(
    slot: number,
    seq: number,
    source: Pick<SweepUpdate, 'after'>,
    now: number,
    counts: FanOutCounts,
  ): boolean {
    const from = this.#slots.cursors[slot] ?? seq;
    if (from === nothing) {
      const following = this.#slots.followings[slot];
      return following === undefined || this.sendWhole(following, now, counts);
    }
    const isSpaced = this.intervalMs === 0 || this.release.isSpaced(from);
    let cursor = from;
    while (cursor < seq) {
      const step = this.#canTake(slot, now) ? source.after(cursor) : undefined;
      const behind = step !== undefined && step.dropped > 0 ? this.#slots.followings[slot] : undefined;
      behind?.noteDropped(step?.dropped ?? 0);
      if (step === undefined || !this.#send(slot, step.message, step.seq, now, counts, isSpaced)) {
        // What remains belongs to the same update: it need not wait for the interval.
        if (cursor === this.#slots.cursors[slot] && cursor !== from) this.#slots.sentAt[slot] = never;
        return false;
      }
      behind?.noteDropped(0);
      cursor = step.seq;
    }
    return true;
  }

  /**
   * @param isSpaced whether the interval counts from this message
   * @returns false where nothing more can be sent to it for now
   */
  #send(
    slot: number,
    message: Message,
    seq: number,
    now: number,
    counts: FanOutCounts,
    isSpaced: boolean,
  ): boolean {
    const outlet = this.#slots.outlets[slot];
    const bytes = outlet?.offer(message) ?? 0;
    if (bytes === 0) {
      this.#slots.followings[slot]?.session.blocked(now);
      return false;
    }
    counts.add(message, bytes);
    // It may have left meanwhile, and another session be in its slot.
    if (this.#slots.outlets[slot] !== outlet) return false;
    this.#slots.cursors[slot] = seq;
    if (isSpaced) this.#slots.sentAt[slot] = Math.trunc(now);
    this.#slots.sentCounts[slot] = (this.#slots.sentCounts[slot] ?? 0) + 1;
    return true;
  }
}

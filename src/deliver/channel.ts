import type { Packet, Rendition, Update } from '../encode/rendition.ts';
import { nothing, Release } from './release.ts';
import type { Tally } from './tally.ts';
import type { Transport } from './transport.ts';

type Outlet = Pick<Transport, 'canTake' | 'offer'>;

/** Who follows a channel: a session. */
interface Subscriber {
  /** Told that its client could not be sent an update. */
  blocked(now: number): void;
  /** Told that it is too far behind to be sent so many events, besides those that it was told of before. */
  missed(count: number): void;
}

export interface ChannelOptions {
  /** Least ms between two updates to one session, urgent news excepted. 0: none. Infinity: only that. Default 0. */
  readonly intervalMs?: number;
  /**
   * A session that was sent nothing for so long gets the current update again, where there is no interval.
   * 0: never. Default 0.
   */
  readonly repeatAfterMs?: number;
  /** Whether what there is now is worth repeating. Default: it always is. */
  readonly isRepeated?: () => boolean;
}

const never = Number.NEGATIVE_INFINITY;

/**
 * A rendition and the sessions that follow it. What a sweep reads of each session lies in arrays of its own,
 * next to that of the session before: with thousands of them, fetching a few objects each from memory takes as
 * long as the rest of the work.
 */
export class Channel {
  readonly rendition: Rendition;
  readonly intervalMs: number;
  /** How much of its news may go out; without an interval, all of it. */
  readonly release: Release;
  readonly #repeatAfterMs: number;
  readonly #isRepeated: () => boolean;
  readonly #outlets: Outlet[] = [];
  /** `seq` of the update that each was sent last: a cursor, never a queue. */
  readonly #cursors: number[] = [];
  /**
   * When that was, in whole monotonic ms. With an interval, of those only that it spaces: neither a first packet
   * nor urgent news moves the slots of a session.
   */
  readonly #sentAt: number[] = [];
  /** Packets sent to each. */
  readonly #sentCounts: number[] = [];
  readonly #subscriptions: Subscription[] = [];

  constructor(rendition: Rendition, options: ChannelOptions = {}) {
    this.rendition = rendition;
    this.intervalMs = options.intervalMs ?? 0;
    this.#repeatAfterMs = options.repeatAfterMs ?? 0;
    this.#isRepeated = options.isRepeated ?? (() => true);
    this.release = new Release(this.intervalMs);
  }

  get size(): number {
    return this.#subscriptions.length;
  }

  /**
   * Adds a session that was sent nothing yet.
   * @param opening makes what it is to be sent first. Default: the newest state.
   */
  add(session: Subscriber, outlet: Outlet, opening?: () => Packet): Subscription {
    const subscription = new Subscription(this, session, this.#subscriptions.length, opening);
    this.#subscriptions.push(subscription);
    this.#outlets.push(outlet);
    this.#cursors.push(nothing);
    this.#sentAt.push(never);
    this.#sentCounts.push(0);
    return subscription;
  }

  /**
   * The last one takes the free place. A sweep goes from the end to the start, so whatever moves down has been
   * visited, and being visited twice does no harm: its cursor says that it has the update.
   */
  remove(subscription: Subscription): void {
    if (!this.#has(subscription)) return;
    this.countMissed(subscription);
    const { slot } = subscription;
    const last = this.#subscriptions.pop();
    const outlet = this.#outlets.pop();
    const cursor = this.#cursors.pop() ?? nothing;
    const sentAt = this.#sentAt.pop() ?? never;
    const sentCount = this.#sentCounts.pop() ?? 0;
    if (last === undefined || outlet === undefined || last === subscription) return;
    last.slot = slot;
    this.#subscriptions[slot] = last;
    this.#outlets[slot] = outlet;
    this.#cursors[slot] = cursor;
    this.#sentAt[slot] = sentAt;
    this.#sentCounts[slot] = sentCount;
  }

  /** Whether it lacks an update. */
  isBehind({ slot }: Subscription): boolean {
    return (this.#cursors[slot] ?? nothing) < this.rendition.seq;
  }

  /** How many versions or events it lacks. */
  behind({ slot }: Subscription): number {
    return this.rendition.seq - (this.#cursors[slot] ?? nothing);
  }

  /** Whether one that lacks an update may be sent it now. */
  isDue({ slot }: Subscription, now: number): boolean {
    return this.#mayBeSent(slot, this.rendition.seq, now);
  }

  /** Whether it was sent nothing for so long that a sweep will bring it the current update again. */
  isRepeatDue({ slot }: Subscription, now: number): boolean {
    return this.#repeatAfterMs > 0 && this.#sinceSent(slot, now) >= this.#repeatAfterMs && this.#isRepeated();
  }

  #mayBeSent(slot: number, seq: number, now: number): boolean {
    if (this.intervalMs === 0) return true;
    return this.release.allows(this.#cursors[slot] ?? seq, seq, this.#sinceSent(slot, now));
  }

  #sinceSent(slot: number, now: number): number {
    return now - (this.#sentAt[slot] ?? never);
  }

  /** Forgets what it was sent. */
  reset(subscription: Subscription): void {
    if (!this.#has(subscription)) return;
    this.countMissed(subscription);
    this.#cursors[subscription.slot] = nothing;
  }

  /**
   * Tells its session how many events it will not be sent, as far as that was not told yet. Of one that is not sent
   * to, nobody works this out event by event.
   */
  countMissed(subscription: Subscription): void {
    const cursor = this.#cursors[subscription.slot] ?? nothing;
    if (cursor === nothing || !this.#has(subscription)) return;
    subscription.noteMissed(this.rendition.missedAfter(cursor));
  }

  #has(subscription: Subscription): boolean {
    return this.#subscriptions[subscription.slot] === subscription;
  }

  /** How many packets it was sent. */
  sentTo({ slot }: Subscription): number {
    return this.#sentCounts[slot] ?? 0;
  }

  /** Sends one session what there is now, or what it is to be sent first, whatever it was sent before. */
  sendWhole(subscription: Subscription, now: number, tally: Tally): boolean {
    if (!this.#canTake(subscription.slot, now)) return false;
    const packet = subscription.opening?.() ?? this.rendition.latest();
    const { seq } = this.rendition;
    if (!this.#send(subscription.slot, packet, seq, now, tally, this.intervalMs === 0)) return false;
    subscription.opening = undefined;
    subscription.forgetMissed();
    return true;
  }

  /** Sends one session what it lacks, as far as its client keeps up. */
  catchUp(subscription: Subscription, now: number, tally: Tally): void {
    this.#serve(subscription.slot, this.rendition.seq, this.rendition, now, tally);
  }

  /**
   * Brings an update to the sessions below `from`: to `count` of them, or fewer if that takes as many packets.
   * @returns where to go on; 0 when the sweep is over
   */
  sweep(update: Update, from: number, count: number, now: number, tally: Tally): number {
    const { seq } = update;
    const enough = tally.sent + count;
    let index = Math.min(from, this.size);
    for (const end = Math.max(0, index - count); index > end && tally.sent < enough; ) {
      index -= 1;
      if ((this.#cursors[index] ?? seq) >= seq) this.#repeatIfDue(index, now, tally);
      else if (!this.#mayBeSent(index, seq, now)) tally.held += 1;
      else if (!this.#serve(index, seq, update, now, tally)) tally.skipped += 1;
    }
    return index;
  }

  #repeatIfDue(slot: number, now: number, tally: Tally): void {
    const subscription = this.#subscriptions[slot];
    if (subscription !== undefined && this.isRepeatDue(subscription, now)) {
      this.sendWhole(subscription, now, tally);
    }
  }

  /** Asked before anything is worked out for it. */
  #canTake(slot: number, now: number): boolean {
    if (this.#outlets[slot]?.canTake() === true) return true;
    this.#subscriptions[slot]?.session.blocked(now);
    return false;
  }

  /** Sends the session at `slot` one step after the other until it stands at `seq`: false if it does not keep up. */
  #serve(slot: number, seq: number, source: Pick<Update, 'after'>, now: number, tally: Tally): boolean {
    const from = this.#cursors[slot] ?? seq;
    if (from === nothing) {
      const subscription = this.#subscriptions[slot];
      return subscription === undefined || this.sendWhole(subscription, now, tally);
    }
    const isSpaced = this.intervalMs === 0 || this.release.isSpaced(from);
    let cursor = from;
    while (cursor < seq) {
      const step = this.#canTake(slot, now) ? source.after(cursor) : undefined;
      const behind = step !== undefined && step.missed > 0 ? this.#subscriptions[slot] : undefined;
      behind?.noteMissed(step?.missed ?? 0);
      if (step === undefined || !this.#send(slot, step.packet, step.seq, now, tally, isSpaced)) {
        // The rest of what was due is no further update: it need not wait for the interval.
        if (cursor === this.#cursors[slot] && cursor !== from) this.#sentAt[slot] = never;
        return false;
      }
      behind?.forgetMissed();
      cursor = step.seq;
    }
    return true;
  }

  /**
   * @param isSpaced whether the next one has to keep its distance from it
   * @returns false where nothing more can be sent to it for now
   */
  #send(slot: number, packet: Packet, seq: number, now: number, tally: Tally, isSpaced: boolean): boolean {
    const outlet = this.#outlets[slot];
    const bytes = outlet?.offer(packet.message) ?? 0;
    if (bytes === 0) {
      this.#subscriptions[slot]?.session.blocked(now);
      return false;
    }
    tally.add(packet, bytes);
    // It may have left just now, and another one have its place.
    if (this.#outlets[slot] !== outlet) return false;
    this.#cursors[slot] = seq;
    if (isSpaced) this.#sentAt[slot] = Math.trunc(now);
    this.#sentCounts[slot] = (this.#sentCounts[slot] ?? 0) + 1;
    return true;
  }
}

/** A session's place in a channel. */
export class Subscription {
  readonly channel: Channel;
  readonly session: Subscriber;
  /** Index in the channel's arrays. */
  slot: number;
  /** Makes the first packet, where it was not sent yet: it may say more than an update does. */
  opening: (() => Packet) | undefined;
  /** Of the events missed since where it stands, those that the session knows of. */
  #missedKnown = 0;

  constructor(channel: Channel, session: Subscriber, slot: number, opening: (() => Packet) | undefined) {
    this.channel = channel;
    this.session = session;
    this.slot = slot;
    this.opening = opening;
  }

  /** @param missed all that it will not be sent, from where it stands on */
  noteMissed(missed: number): void {
    const more = missed - this.#missedKnown;
    this.#missedKnown = missed;
    if (more > 0) this.session.missed(more);
  }

  /** It stands somewhere else now. */
  forgetMissed(): void {
    this.#missedKnown = 0;
  }
}

import type { Message } from '../encode/message.ts';
import type { Packet, Rendition, Update } from '../encode/rendition.ts';
import type { Transport } from './transport.ts';

type Outlet = Pick<Transport, 'offer'>;

/** Who follows a channel: a session. */
interface Subscriber {
  /** Told that its client could not be sent an update. */
  blocked(now: number): void;
}

export interface ChannelOptions {
  /** Least ms between two updates to one session. 0: none. Default 0. */
  readonly intervalMs?: number;
  /** A session that was sent nothing for so long gets the current update again. 0: never. Default 0. */
  readonly repeatAfterMs?: number;
}

/** What a sweep did, to be counted once at its end. */
export interface Tally {
  full: number;
  delta: number;
  bytes: number;
  /** Sessions that could not be sent to. */
  skipped: number;
  /** Sessions that the interval does not allow an update yet. */
  held: number;
}

/** Nothing was sent that the client still holds. Versions are numbered from 1. */
const nothing = 0;
const never = Number.NEGATIVE_INFINITY;

/**
 * A rendition and the sessions that follow it. What a sweep reads of each session lies in arrays of its own,
 * next to that of the session before: with thousands of them, fetching a few objects each from memory takes as
 * long as the rest of the work.
 */
export class Channel {
  readonly rendition: Rendition;
  readonly intervalMs: number;
  readonly repeatAfterMs: number;
  readonly #outlets: Outlet[] = [];
  /** `seq` of the update that each was sent last: a cursor, never a queue. */
  readonly #cursors: number[] = [];
  /** When that was, in whole monotonic ms. */
  readonly #sentAt: number[] = [];
  readonly #subscriptions: Subscription[] = [];
  /** Timers fire a little early or late: only what is clearly too soon is held back. */
  readonly #leastGapMs: number;

  constructor(rendition: Rendition, options: ChannelOptions = {}) {
    this.rendition = rendition;
    this.intervalMs = options.intervalMs ?? 0;
    this.repeatAfterMs = options.repeatAfterMs ?? 0;
    this.#leastGapMs = this.intervalMs * 0.9;
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
    return subscription;
  }

  /**
   * The last one takes the free place. A sweep goes from the end to the start, so whatever moves down has been
   * visited, and being visited twice does no harm: its cursor says that it has the update.
   */
  remove(subscription: Subscription): void {
    if (!this.#has(subscription)) return;
    const { slot } = subscription;
    const last = this.#subscriptions.pop();
    const outlet = this.#outlets.pop();
    const cursor = this.#cursors.pop() ?? nothing;
    const sentAt = this.#sentAt.pop() ?? never;
    if (last === undefined || outlet === undefined || last === subscription) return;
    last.slot = slot;
    this.#subscriptions[slot] = last;
    this.#outlets[slot] = outlet;
    this.#cursors[slot] = cursor;
    this.#sentAt[slot] = sentAt;
  }

  /** Whether it lacks an update. */
  isBehind({ slot }: Subscription): boolean {
    return (this.#cursors[slot] ?? nothing) < this.rendition.seq;
  }

  /** ms since it was sent something. */
  sinceSent({ slot }: Subscription, now: number): number {
    return now - (this.#sentAt[slot] ?? never);
  }

  /** Whether the interval allows it another update now. */
  isDue(subscription: Subscription, now: number): boolean {
    return this.sinceSent(subscription, now) >= this.#leastGapMs;
  }

  /** Forgets what it was sent. */
  reset(subscription: Subscription): void {
    if (this.#has(subscription)) this.#cursors[subscription.slot] = nothing;
  }

  /**
   * Sends one session the newest state, or what it is to be sent first.
   * @returns what was sent, and in how many bytes; undefined: the client does not keep up
   */
  sendLatest(subscription: Subscription, now: number): { packet: Packet; bytes: number } | undefined {
    const { slot, opening, session } = subscription;
    const packet = opening?.() ?? this.rendition.latest().full;
    const bytes = this.#outlets[slot]?.offer(packet.message) ?? 0;
    if (bytes === 0) {
      session.blocked(now);
      return undefined;
    }
    if (!this.#has(subscription)) return { packet, bytes };
    subscription.opening = undefined;
    this.#cursors[slot] = this.rendition.seq;
    this.#sentAt[slot] = Math.trunc(now);
    return { packet, bytes };
  }

  /**
   * Offers an update to the sessions below `from`, at most `count` of them. A delta goes only to those whose
   * cursor equals its base; all others get the full packet.
   * @returns where to go on; 0 when the sweep is over
   */
  sweep(update: Update, from: number, count: number, now: number, tally: Tally): number {
    const { seq, delta } = update;
    const base = delta?.base ?? Number.NaN;
    const wholeNow = Math.trunc(now);
    // Made when the first session needs it, and then read without asking the update again.
    let full: Message | undefined;
    let index = Math.min(from, this.size);
    for (const end = Math.max(0, index - count); index > end; ) {
      index -= 1;
      const cursor = this.#cursors[index] ?? nothing;
      if (cursor >= seq) continue;
      if (this.intervalMs > 0 && now - (this.#sentAt[index] ?? never) < this.#leastGapMs) {
        tally.held += 1;
        continue;
      }
      if (cursor === nothing) {
        this.#sweepFirst(index, now, tally);
        continue;
      }
      let message: Message;
      if (delta !== undefined && cursor === base) {
        message = delta.message;
      } else {
        full ??= update.full.message;
        message = full;
      }
      const outlet = this.#outlets[index];
      const bytes = outlet?.offer(message) ?? 0;
      if (bytes === 0) {
        this.#subscriptions[index]?.session.blocked(now);
        tally.skipped += 1;
        continue;
      }
      // Unless it left just now, and another one has its place.
      if (this.#outlets[index] === outlet) {
        this.#cursors[index] = seq;
        this.#sentAt[index] = wholeNow;
      }
      tally.bytes += bytes;
      if (message === full) tally.full += 1;
      else tally.delta += 1;
    }
    return index;
  }

  #has(subscription: Subscription): boolean {
    return this.#subscriptions[subscription.slot] === subscription;
  }

  /** For those who hold nothing: an opening shows the newest state, which may be newer than what is swept. */
  #sweepFirst(index: number, now: number, tally: Tally): void {
    const subscription = this.#subscriptions[index];
    const sent = subscription === undefined ? undefined : this.sendLatest(subscription, now);
    if (sent === undefined) {
      tally.skipped += 1;
      return;
    }
    tally.full += 1;
    tally.bytes += sent.bytes;
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

  constructor(channel: Channel, session: Subscriber, slot: number, opening: (() => Packet) | undefined) {
    this.channel = channel;
    this.session = session;
    this.slot = slot;
    this.opening = opening;
  }
}

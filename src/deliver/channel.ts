import type { Frame } from '../encode/frame.ts';
import type { Packet, Rendition, Update } from '../encode/rendition.ts';

/** Who follows a channel: a session. */
interface Subscriber {
  /** Sends an update, if the client keeps up. */
  offer(frame: Frame, now: number): boolean;
}

/** A session's place in a rendition: a cursor, never a queue. */
export interface Subscription {
  readonly session: Subscriber;
  readonly channel: Channel;
  /** `seq` of the update it was last sent; 0: none that it still holds. */
  cursor: number;
  /** When that was, monotonic ms. */
  sentAt: number;
  /** Makes the first packet, where it was not sent yet: it may say more than an update does. */
  opening: (() => Packet) | undefined;
  /** Index in the channel's array. */
  slot: number;
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
  /** Sessions that could not be sent to. */
  skipped: number;
  /** Sessions that the interval does not allow an update yet. */
  held: number;
}

/** A rendition and the sessions that follow it, in a dense array that a sweep walks from its end. */
export class Channel {
  readonly rendition: Rendition;
  readonly intervalMs: number;
  readonly repeatAfterMs: number;
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
   * Adds a session that was sent `cursor` at that time.
   * @param opening makes what it is to be sent first, where that is still to come
   */
  add(session: Subscriber, cursor: number, sentAt: number, opening?: () => Packet): Subscription {
    const slot = this.#subscriptions.length;
    const subscription: Subscription = { session, channel: this, cursor, sentAt, opening, slot };
    this.#subscriptions.push(subscription);
    return subscription;
  }

  /**
   * The last one takes the free place. A sweep goes from the end to the start, so whatever moves down has been
   * visited, and being visited twice does no harm: its cursor says that it has the update.
   */
  remove(subscription: Subscription): void {
    const last = this.#subscriptions.pop();
    if (last === undefined || last === subscription) return;
    last.slot = subscription.slot;
    this.#subscriptions[subscription.slot] = last;
  }

  /** Whether the interval allows a session another update now. */
  isDue(subscription: Subscription, now: number): boolean {
    return now - subscription.sentAt >= this.#leastGapMs;
  }

  /**
   * Offers an update to the sessions below `from`, at most `count` of them. A delta goes only to those whose
   * cursor equals its base; all others get the full packet.
   * @returns where to go on; 0 when the sweep is over
   */
  sweep(update: Update, from: number, count: number, now: number, tally: Tally): number {
    const subscriptions = this.#subscriptions;
    const { seq, delta } = update;
    const base = delta === undefined ? -1 : delta.base;
    // Made when the first session needs it, and then read without asking the update again.
    let full: Frame | undefined;
    let index = Math.min(from, subscriptions.length);
    for (const end = Math.max(0, index - count); index > end; ) {
      index -= 1;
      const subscription = subscriptions[index];
      if (subscription === undefined || subscription.cursor >= seq) continue;
      if (this.intervalMs > 0 && !this.isDue(subscription, now)) {
        tally.held += 1;
        continue;
      }
      const { opening } = subscription;
      const fits = delta !== undefined && subscription.cursor === base;
      let frame: Frame;
      if (fits) {
        frame = delta.frame;
      } else if (opening !== undefined) {
        frame = opening().frame;
      } else {
        full ??= update.full.frame;
        frame = full;
      }
      if (!subscription.session.offer(frame, now)) {
        tally.skipped += 1;
        continue;
      }
      // An opening shows the newest state, which may be newer than what is swept.
      subscription.cursor = opening === undefined ? seq : this.rendition.seq;
      subscription.opening = undefined;
      subscription.sentAt = now;
      if (fits) tally.delta += 1;
      else tally.full += 1;
    }
    return index;
  }
}

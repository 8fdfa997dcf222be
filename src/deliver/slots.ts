import { SweepOrder } from './sweep-order.ts';
import type { Transport } from './transport.ts';

/** The part of a transport that updates go through. */
export type Outlet = Pick<Transport, 'canTake' | 'offer'>;

/** Nothing was sent yet, so that any news is due. */
export const never = Number.NEGATIVE_INFINITY;

/**
 * The sessions of one view, each in a slot. What a sweep reads of each lies in arrays of its own, next to that of the
 * session before: with thousands of them, fetching a few objects each from memory takes as long as the rest of the
 * work.
 */
export class Slots<Following extends { slot: number }> {
  readonly followings: Following[] = [];
  readonly outlets: Outlet[] = [];
  /** `seq` of the update that each was sent last: a cursor, never a queue. */
  readonly cursors: number[] = [];
  /**
   * When that was, in whole monotonic ms. With an interval, of those only that it spaces: neither a first message
   * nor urgent news moves the times at which a session is due.
   */
  readonly sentAt: number[] = [];
  /** Messages sent to each. */
  readonly sentCounts: number[] = [];
  readonly order = new SweepOrder();

  get size(): number {
    return this.followings.length;
  }

  add(following: Following, outlet: Outlet, cursor: number): void {
    this.followings.push(following);
    this.outlets.push(outlet);
    this.cursors.push(cursor);
    this.sentAt.push(never);
    this.sentCounts.push(0);
  }

  has(following: Following): boolean {
    return this.followings[following.slot] === following;
  }

  /** The last one takes the free slot, or one that makes room for it. */
  remove({ slot }: Following): void {
    const hole = this.order.vacate(slot, this.size);
    this.#move(hole, slot);
    this.#move(this.size - 1, hole);
    this.followings.pop();
    this.outlets.pop();
    this.cursors.pop();
    this.sentAt.pop();
    this.sentCounts.pop();
  }

  #move(from: number, to: number): void {
    const following = this.followings[from];
    const outlet = this.outlets[from];
    if (from === to || following === undefined || outlet === undefined) return;
    following.slot = to;
    this.followings[to] = following;
    this.outlets[to] = outlet;
    this.cursors[to] = this.cursors[from] ?? 0;
    this.sentAt[to] = this.sentAt[from] ?? never;
    this.sentCounts[to] = this.sentCounts[from] ?? 0;
  }
}

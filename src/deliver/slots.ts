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

/** The golden ratio's fractional part: its multiples, taken modulo 1, spread as evenly as any sequence does. */
const step = 0.618_033_988_749_895;

/** Slots that are yet to be visited: from `from` up to, but not including, `to`. */
interface Range {
  from: number;
  to: number;
}

/**
 * In which order sweeps visit the slots of a view: each slot once, around from some place. Each sweep goes the way of
 * the one before backwards, and each pair of them starts at another place, so that on the whole nobody is served
 * sooner than others. Sessions may come and go meanwhile: of those that were there, nobody is left out.
 */
class SweepOrder {
  /** Where a pair of sweeps starts, as a share of the slots. */
  #offset = 0;
  #isDownward = false;
  /** What lies below the start, and what lies above it. */
  readonly #low: Range = { from: 0, to: 0 };
  readonly #high: Range = { from: 0, to: 0 };

  /** @param size slots in use */
  begin(size: number): void {
    this.#isDownward = !this.#isDownward;
    if (this.#isDownward) this.#offset = (this.#offset + step) % 1;
    const start = Math.floor(this.#offset * size);
    Object.assign(this.#low, { from: 0, to: start });
    Object.assign(this.#high, { from: start, to: size });
  }

  get isOver(): boolean {
    return isEmpty(this.#low) && isEmpty(this.#high);
  }

  /** The slot to be visited now; not to be asked of a sweep that is over. */
  take(): number {
    if (this.#isDownward) {
      const range = isEmpty(this.#low) ? this.#high : this.#low;
      range.to -= 1;
      return range.to;
    }
    const range = isEmpty(this.#high) ? this.#low : this.#high;
    range.from += 1;
    return range.from - 1;
  }

  /**
   * The session in a slot leaves, and the last one will fill the hole. Where that one is yet to be visited and the slot
   * is not, it would be left out: then the neighbour of those to be visited fills the hole instead.
   *
   * @param size slots in use, this one included
   * @returns the slot of that neighbour, which is the hole to be filled by the last; else the slot itself
   */
  vacate(slot: number, size: number): number {
    const last = size - 1;
    const range = [this.#high, this.#low].find((one) => isIn(last, one));
    const isVisited = !isIn(slot, this.#low) && !isIn(slot, this.#high);
    let hole = slot;
    if (isVisited && range !== undefined) {
      range.from -= 1;
      hole = range.from;
    }
    if (range !== undefined) range.to = last;
    return hole;
  }
}

function isEmpty({ from, to }: Range): boolean {
  return from >= to;
}

function isIn(slot: number, { from, to }: Range): boolean {
  return slot >= from && slot < to;
}

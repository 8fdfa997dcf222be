import type { Transport } from './transport.ts';

/** The part of a transport that updates go through. */
export type Outlet = Pick<Transport, 'canTake' | 'offer'>;

/** Stands for the time of the last update where there was none: any news is due. */
export const never = Number.NEGATIVE_INFINITY;

/**
 * The sessions of one view, each in a slot. What a sweep reads of them lies in dense arrays: with thousands of
 * sessions, fetching a few objects of each from memory takes as long as the rest of the work.
 */
export class Slots<Following extends { slot: number }> {
  readonly followings: Following[] = [];
  readonly outlets: Outlet[] = [];
  /** `seq` of the update that each was sent last: a cursor, never a queue. */
  readonly cursors: number[] = [];
  /**
   * When that was, in whole monotonic ms. With an interval, neither a first message nor urgent news is noted, so that
   * they do not delay the next update.
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

  /** Fills the free slot, so that the arrays stay dense. */
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

/** The golden ratio's fractional part: its multiples modulo 1 spread most evenly. */
const step = 0.618_033_988_749_895;

/** Slots that are yet to be visited: from `from` up to, but not including, `to`. */
interface Range {
  from: number;
  to: number;
}

/**
 * The order in which a sweep visits the slots of a view: each once, around from some start. Every second sweep goes
 * back the same way, and each pair has another start, so that on average all sessions are served equally soon.
 * Sessions may come and go during a sweep: none that was there at its beginning is left out.
 */
class SweepOrder {
  /** Start of a pair of sweeps, as a share of the slots. */
  #offset = 0;
  #isDownward = false;
  /** Slots to visit below the start, and from it on. */
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

  /** The next slot to visit. Not to be called of a sweep that is over. */
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

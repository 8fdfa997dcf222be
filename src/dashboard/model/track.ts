/** A value from a moment on; null: not known from then on. */
export interface TrackPoint {
  /** Epoch ms. */
  readonly at: number;
  readonly value: number | null;
}

/** What a track holds, by slots of `stepMs`: the last value of each, NaN where there is none. */
export interface TrackView {
  /** Epoch ms of the beginning of the first slot. */
  readonly from: number;
  readonly stepMs: number;
  readonly values: readonly number[];
}

/**
 * The last so many steps of one figure, in memory that never grows. A value holds until the next one is put or it is
 * said to be unknown; where it was unknown for a whole step, the track has a gap.
 */
export class Track {
  readonly stepMs: number;
  readonly #values: Float64Array;
  /** Number of the newest slot since the epoch; undefined before the first value. */
  #newest: number | undefined;
  #held = Number.NaN;

  constructor({ stepMs, length }: { stepMs: number; length: number }) {
    this.stepMs = stepMs;
    this.#values = new Float64Array(length).fill(Number.NaN);
  }

  /** A moment before the newest slot counts as now: clocks are set back now and then. */
  put({ at, value }: TrackPoint): void {
    this.advance(at);
    this.#held = value ?? Number.NaN;
    if (value !== null && this.#newest !== undefined) this.#set(this.#newest, value);
  }

  /** Extends the track to this moment by the last value. */
  advance(at: number): void {
    const slot = Math.floor(at / this.stepMs);
    const newest = this.#newest ?? slot - 1;
    // After a long sleep of the machine every slot is filled once, not more.
    for (let next = Math.max(newest + 1, slot - this.#values.length + 1); next <= slot; next += 1) {
      this.#set(next, this.#held);
    }
    this.#newest = Math.max(newest, slot);
  }

  /** Fills slots that are empty here with what others know of them. `points`: oldest first, the last one holds. */
  fill(points: readonly TrackPoint[], until: number): void {
    const first = points[0];
    if (first === undefined) return;
    this.advance(until);
    const other = new Track({ stepMs: this.stepMs, length: this.#values.length });
    for (const point of points) other.put(point);
    other.advance(until);
    const { from, values } = other.read();
    for (const [index, value] of values.entries()) {
      const slot = from / this.stepMs + index;
      if (Number.isNaN(this.#get(slot)) && slot <= (this.#newest ?? 0)) this.#set(slot, value);
    }
  }

  clear(): void {
    this.#values.fill(Number.NaN);
    this.#newest = undefined;
    this.#held = Number.NaN;
  }

  /** From the first slot that has a value to the newest. */
  read(): TrackView {
    const { stepMs } = this;
    if (this.#newest === undefined) return { from: 0, stepMs, values: [] };
    const oldest = this.#newest - this.#values.length + 1;
    const all = Array.from(this.#values, (_, index) => this.#get(oldest + index));
    const begin = all.findIndex((value) => !Number.isNaN(value));
    return begin < 0
      ? { from: (this.#newest + 1) * stepMs, stepMs, values: [] }
      : { from: (oldest + begin) * stepMs, stepMs, values: all.slice(begin) };
  }

  #get(slot: number): number {
    return this.#values[slot % this.#values.length] ?? Number.NaN;
  }

  #set(slot: number, value: number): void {
    this.#values[slot % this.#values.length] = value;
  }
}

/** The newest so many slots of a view, from the first of them that has a value. */
export function lastOf({ from, stepMs, values }: TrackView, slots: number): TrackView {
  const skipped = Math.max(0, values.length - slots);
  const kept = values.slice(skipped);
  const begin = Math.max(
    0,
    kept.findIndex((value) => !Number.isNaN(value)),
  );
  return { from: from + (skipped + begin) * stepMs, stepMs, values: kept.slice(begin) };
}

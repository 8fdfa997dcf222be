import Denque from 'denque';

interface Mark {
  readonly seq: number;
  /** Numbers up to `seq` that stand for nothing that counts. */
  readonly uncounted: number;
}

const maxMarks = 1024;

/**
 * How many events lie between two places in a feed, where some of its numbers stand for events that do not count.
 * What it knows of them is bounded: of places further back than its marks reach, every number counts.
 */
export class DroppedCount {
  readonly #marks = new Denque<Mark>();

  /** @param uncounted numbers up to `seq` that do not count; places are told in order, each as it is passed */
  note(seq: number, uncounted: number): void {
    if (this.#marks.peekBack()?.uncounted === uncounted) return;
    this.#marks.push({ seq, uncounted });
    if (this.#marks.length > maxMarks) this.#marks.shift();
  }

  /** @param from a place that was noted, or lies before all that were; `to` likewise, and not before it */
  between(from: number, to: number): number {
    return to - from - (this.#uncountedAt(to) - this.#uncountedAt(from));
  }

  #uncountedAt(seq: number): number {
    let [low, high] = [0, this.#marks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#marks.peekAt(middle)?.seq ?? 0) <= seq) low = middle + 1;
      else high = middle;
    }
    return (this.#marks.peekAt(Math.max(0, low - 1)) ?? { uncounted: 0 }).uncounted;
  }
}

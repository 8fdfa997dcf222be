/**
 * How many resources there may be at once, of one registry or of several together. From half of it on nobody is given
 * another who uses half already.
 */
export class Bound {
  readonly #max: number;
  /** How many resources each holder uses. */
  readonly #shares = new Map<string, number>();
  #size = 0;

  /** @param max 0: no bound */
  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Whether one more may be opened.
   * @param holder by whom. Undefined: it may be many
   * @param makeRoom closes one that nobody uses; false where there is none
   */
  hasRoom(holder: string | undefined, makeRoom: () => boolean): boolean {
    if (this.#max === 0) return true;
    const share = holder === undefined ? 0 : (this.#shares.get(holder) ?? 0);
    if (2 * this.#size >= this.#max && 2 * share >= this.#max) return false;
    return this.#size < this.#max || makeRoom();
  }

  opened(): void {
    this.#size += 1;
  }

  closed(): void {
    this.#size -= 1;
  }

  /** A holder uses one that it did not use before. */
  used(holder: string): void {
    this.#shares.set(holder, (this.#shares.get(holder) ?? 0) + 1);
  }

  /** A holder uses one no more. */
  left(holder: string): void {
    const share = (this.#shares.get(holder) ?? 1) - 1;
    if (share > 0) this.#shares.set(holder, share);
    else this.#shares.delete(holder);
  }
}

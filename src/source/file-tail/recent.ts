import Denque from 'denque';

/** What the newest lines of one file may hold together, in UTF-16 units. */
export const maxRecentLength = 4 * 1024 * 1024;

/** The newest lines of a file, bounded by number and by length; the oldest go first. */
export class RecentLines {
  readonly #maxLines: number;
  readonly #lines = new Denque<string>();
  #length = 0;

  constructor(maxLines: number) {
    this.#maxLines = maxLines;
  }

  add(lines: readonly string[]): void {
    for (const line of lines) {
      this.#lines.push(line);
      this.#length += line.length;
      while (this.#lines.length > this.#maxLines || this.#length > maxRecentLength) {
        this.#length -= this.#lines.shift()?.length ?? 0;
      }
    }
  }

  /** Up to `count` lines, oldest first. */
  last(count: number): string[] {
    const first = Math.max(0, this.#lines.length - count);
    return Array.from(
      { length: this.#lines.length - first },
      (_, index) => this.#lines.get(first + index) ?? '',
    );
  }

  clear(): void {
    this.#lines.clear();
    this.#length = 0;
  }
}

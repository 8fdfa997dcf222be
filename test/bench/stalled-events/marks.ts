import { monotonicMs } from '../monotonic.ts';

const before = 'published at ';
/** Longer than a mark: so much of what was read may be the start of one. */
const longest = 40;

/** A text that says when it was made, µs of the clock that all processes share. */
export function mark(): string {
  return `${before}${Math.round(monotonicMs() * 1000)}.`;
}

/** Reads the marks in what one client is sent, of which the newest it was sent counts once. */
export class MarkReader {
  /** Ms from the making of each to its receipt. */
  latencies: number[] = [];
  #newest = 0;
  #rest = '';

  /** @param whole nothing of what follows belongs to this */
  read(bytes: Buffer, start: number, end: number, whole: boolean): void {
    const now = monotonicMs();
    const text = this.#rest + bytes.toString('latin1', start, end);
    let at = text.indexOf(before);
    let readTo = 0;
    while (at >= 0) {
      const dot = text.indexOf('.', at);
      if (dot < 0) break;
      readTo = dot;
      const made = Number(text.slice(at + before.length, dot));
      if (made > this.#newest) {
        this.#newest = made;
        this.latencies.push(now - made / 1000);
      }
      at = text.indexOf(before, dot);
    }
    this.#rest = whole ? '' : text.slice(Math.max(readTo, text.length - longest));
  }
}

import { publishedAt } from './packet-head.ts';
import { type Summary, summarise } from './stats.ts';

/** Latencies of every client for every event, by the version that carries it. */
export class LatencyBook {
  #latencies: number[] = [];
  readonly #last = new Map<number, number>();
  #seq = -1;
  #published: number | undefined;

  /** Only the first client that gets a version has its time looked up in the packet. */
  add(now: number, seq: number, bytes: Buffer, start: number, end: number): void {
    if (seq !== this.#seq) {
      this.#seq = seq;
      this.#published = publishedAt(bytes, start, end);
    }
    if (this.#published === undefined) return;
    const latency = now - this.#published;
    this.#latencies.push(latency);
    this.#last.set(this.#published, latency);
  }

  get versions(): number {
    return this.#last.size;
  }

  all(): Summary {
    return summarise(this.#latencies);
  }

  lastClient(): Summary {
    return summarise(this.#last.values());
  }

  clear(): void {
    this.#latencies = [];
    this.#last.clear();
    this.#seq = -1;
  }
}

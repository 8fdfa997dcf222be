import type { Meter } from '../core/meter.ts';
import type { Message } from '../encode/message.ts';

/** What a fan-out sent. Added up here, since a call of the meter for each delivery would be slow. */
export class FanOutCounts {
  /** Sessions that were not writable. */
  skipped = 0;
  /** Sessions whose interval is not over. */
  held = 0;
  /** Messages. */
  sent = 0;
  #bytes = 0;
  #packets = new Map<string, number>();
  /** Most are of the same type as the one before. */
  #type = '';
  #times = 0;

  add({ type }: Message, bytes: number): void {
    this.sent += 1;
    this.#bytes += bytes;
    if (type !== this.#type) {
      this.#note();
      this.#type = type;
    }
    this.#times += 1;
  }

  count(meter: Meter, dialect: string): void {
    this.#note();
    for (const [type, times] of this.#packets) meter.count('bff_packets_total', { dialect, type }, times);
    if (this.#bytes > 0) meter.count('bff_bytes_total', { dialect }, this.#bytes);
    if (this.skipped > 0) meter.count('bff_skipped_total', { dialect }, this.skipped);
  }

  #note(): void {
    if (this.#times > 0) this.#packets.set(this.#type, (this.#packets.get(this.#type) ?? 0) + this.#times);
    this.#times = 0;
  }
}

import type { Clock } from '../../../core/clock.ts';
import type { Version } from '../../../feed/history.ts';
import { formatPosition } from '../../../feed/position.ts';
import type { Projection } from '../../../feed/projection.ts';

const maxBytes = 16 * 1024 * 1024;
/** What nobody has asked for meanwhile is not kept. */
const keptMs = 5000;

/** The points of histories as they are sent: made once for those who read at about the same time. */
export class HistoryPoints {
  readonly #clock: Clock;
  readonly #made = new Map<string, Buffer>();
  #bytes = 0;
  #usedAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * One version as the JSON object `{seq, at, data}`.
   * @param epoch of the projection
   */
  of(epoch: string, projection: Projection, version: Version): Buffer {
    this.#use();
    const key = formatPosition({ epoch, seq: version.seq });
    let point = this.#made.get(key);
    if (point === undefined) {
      const at = new Date(version.at).toISOString();
      point = Buffer.from(JSON.stringify({ seq: version.seq, at, data: projection.of(version) }));
      if (this.#bytes + point.length > maxBytes) this.#clear();
      this.#bytes += point.length;
      this.#made.set(key, point);
    }
    return point;
  }

  #use(): void {
    this.#usedAt = this.#clock.monotonic();
    if (this.#made.size === 0) this.#clock.after(keptMs, () => this.#expire());
  }

  #expire(): void {
    const waitMs = this.#usedAt + keptMs - this.#clock.monotonic();
    if (waitMs <= 0) this.#clear();
    else this.#clock.after(waitMs, () => this.#expire());
  }

  #clear(): void {
    this.#made.clear();
    this.#bytes = 0;
  }
}

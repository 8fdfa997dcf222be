import { type Clock, isoTime } from '../../../core/clock.ts';
import type { Version } from '../../../feed/history.ts';
import { formatPosition } from '../../../feed/position.ts';
import type { Projection } from '../../../feed/projection.ts';

const maxPointBytes = 16 * 1024 * 1024;
/** How long points are kept after the last use of any. */
const pointsKeptMs = 5000;

/** A cache of encoded points, for readers at about the same time. */
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
      const at = isoTime(version.at);
      point = Buffer.from(JSON.stringify({ seq: version.seq, at, data: projection.of(version) }));
      if (this.#bytes + point.length > maxPointBytes) this.#clear();
      this.#bytes += point.length;
      this.#made.set(key, point);
    }
    return point;
  }

  #use(): void {
    this.#usedAt = this.#clock.monotonic();
    if (this.#made.size === 0) this.#clock.after(pointsKeptMs, () => this.#expire());
  }

  #expire(): void {
    const waitMs = this.#usedAt + pointsKeptMs - this.#clock.monotonic();
    if (waitMs <= 0) this.#clear();
    else this.#clock.after(waitMs, () => this.#expire());
  }

  #clear(): void {
    this.#made.clear();
    this.#bytes = 0;
  }
}

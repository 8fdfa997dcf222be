import type { Clock } from '../../core/clock.ts';
import { Throttle } from '../../core/throttle.ts';
import type { Lease } from '../../feed/registry.ts';
import type { StateFeed } from '../../feed/state-feed.ts';
import type { PollOutcome } from './range.ts';
import type { Ranges } from './ranges.ts';

/** Told the outcome of a poll that the client asked for. */
type RefreshListener = (hours: number, range: StateFeed, outcome: PollOutcome) => void;

const atMostEveryMs = 1000;

/** The polls that one client asks for: once a second at most, with all ranges that it has asked for meanwhile. */
export class Refreshes {
  readonly #ranges: Ranges;
  readonly #throttle: Throttle;
  readonly #onEnd: RefreshListener;
  readonly #wanted = new Set<number>();
  /** Those under way, by hours: asking again meanwhile shares them. */
  readonly #running = new Map<number, Lease<StateFeed>>();

  constructor(ranges: Ranges, clock: Clock, onEnd: RefreshListener) {
    this.#ranges = ranges;
    this.#throttle = new Throttle(atMostEveryMs, clock);
    this.#onEnd = onEnd;
  }

  ask(hours: number): void {
    if (this.#running.has(hours)) return;
    this.#wanted.add(hours);
    this.#throttle.take(() => this.#run());
  }

  /** Nothing is told of this range any more, or of any. */
  drop(hours?: number): void {
    if (hours === undefined) this.#throttle.cancel();
    for (const one of hours === undefined ? [...this.#wanted, ...this.#running.keys()] : [hours]) {
      this.#wanted.delete(one);
      this.#running.get(one)?.release();
      this.#running.delete(one);
    }
  }

  #run(): void {
    for (const hours of this.#wanted) {
      const lease = this.#ranges.refresh(hours, (outcome) => {
        this.#running.delete(hours);
        this.#onEnd(hours, lease.resource, outcome);
        lease.release();
      });
      this.#running.set(hours, lease);
    }
    this.#wanted.clear();
  }
}

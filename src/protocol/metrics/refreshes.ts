import type { Clock } from '../../core/clock.ts';
import { Throttle } from '../../core/throttle.ts';
import type { Polled } from './ranges.ts';

const atMostEveryMs = 1000;

interface RefreshesParts {
  readonly clock: Clock;
  readonly refresh: (hours: number) => Promise<Polled>;
  /** Told how each ends that was not dropped. Must not throw. */
  readonly onEnd: (hours: number, polled: Polled) => void;
}

/** The polls that one client asks for: once a second at most, with all ranges that it has asked for meanwhile. */
export class Refreshes {
  readonly #parts: RefreshesParts;
  readonly #throttle: Throttle;
  readonly #wanted = new Set<number>();
  /** Those under way, by hours: asking again meanwhile shares them. */
  readonly #running = new Map<number, symbol>();

  constructor(parts: RefreshesParts) {
    this.#parts = parts;
    this.#throttle = new Throttle(atMostEveryMs, parts.clock);
  }

  ask(hours: number): void {
    if (this.#running.has(hours)) return;
    this.#wanted.add(hours);
    this.#throttle.take(() => this.#run());
  }

  /** Nothing is told of this range any more. */
  drop(hours: number): void {
    this.#wanted.delete(hours);
    this.#running.delete(hours);
  }

  /** Nothing is told of any range any more. */
  dropAll(): void {
    this.#throttle.cancel();
    this.#wanted.clear();
    this.#running.clear();
  }

  #run(): void {
    for (const hours of this.#wanted) {
      const run = Symbol();
      this.#running.set(hours, run);
      void this.#parts.refresh(hours).then((polled) => {
        if (this.#running.get(hours) !== run) return;
        this.#running.delete(hours);
        this.#parts.onEnd(hours, polled);
      });
    }
    this.#wanted.clear();
  }
}

import Denque from 'denque';
import type { Clock } from '../../core/clock.ts';

/** How long what waits may hold the event loop before others get a turn, in ms. */
const turnMs = 4;

/** Does long work bit by bit, whoever's it is, so that it never holds the event loop for long. */
export class Turns {
  readonly #clock: Clock;
  readonly #yieldTurn: (rest: () => void) => void;
  readonly #waiting = new Denque<() => void>();

  /** @param yieldTurn runs the rest after others had their turn. Default setImmediate */
  constructor(clock: Clock, yieldTurn: (rest: () => void) => void = (rest) => void setImmediate(rest)) {
    this.#clock = clock;
    this.#yieldTurn = yieldTurn;
  }

  /** Does one bit of work in a turn to come, in order. What it throws rejects the promise. */
  do<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
      if (this.#waiting.length === 1) this.#yieldTurn(() => this.#run());
    });
  }

  #run(): void {
    const startedAt = this.#clock.monotonic();
    do this.#waiting.shift()?.();
    while (this.#waiting.length > 0 && this.#clock.monotonic() - startedAt < turnMs);
    if (this.#waiting.length > 0) this.#yieldTurn(() => this.#run());
  }
}

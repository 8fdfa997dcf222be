import Denque from 'denque';

/**
 * Runs pieces of work of all readers one per turn of the event loop: what follows each, such as writing to a socket,
 * takes as long again.
 */
export class Turns {
  readonly #yieldTurn: (rest: () => void) => void;
  readonly #waiting = new Denque<() => void>();

  /** @param yieldTurn runs the rest in a later turn. Default: setImmediate */
  constructor(yieldTurn: (rest: () => void) => void = (rest) => void setImmediate(rest)) {
    this.#yieldTurn = yieldTurn;
  }

  /** Runs a piece of work in a later turn, in order. What it throws rejects the promise. */
  do<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
      if (this.#waiting.length === 1) this.#goOn();
    });
  }

  #goOn(): void {
    this.#yieldTurn(() => {
      this.#waiting.shift()?.();
      if (this.#waiting.length > 0) this.#goOn();
    });
  }
}

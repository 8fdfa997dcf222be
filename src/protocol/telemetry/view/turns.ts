import Denque from 'denque';

/**
 * Does long work bit by bit, whoever's it is: one bit a turn of the event loop, since what follows of each, such as
 * writing it to a socket, takes as long again.
 */
export class Turns {
  readonly #yieldTurn: (rest: () => void) => void;
  readonly #waiting = new Denque<() => void>();

  /** @param yieldTurn runs the rest after others had their turn. Default setImmediate */
  constructor(yieldTurn: (rest: () => void) => void = (rest) => void setImmediate(rest)) {
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

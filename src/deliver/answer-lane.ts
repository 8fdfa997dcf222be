import type { Message } from '../encode/message.ts';

/** Direct answers that may wait for a client; when there are more, nothing further is read from it. */
const maxWaiting = 64;

/** Direct answers that wait for a client which does not keep up: few, and ahead of all updates. */
export class AnswerLane {
  readonly #waiting: Message[] = [];

  push(message: Message): void {
    this.#waiting.push(message);
  }

  get isFull(): boolean {
    return this.#waiting.length >= maxWaiting;
  }

  /** Sends them in order. @returns whether that was all */
  drain(send: (message: Message) => boolean): boolean {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (!send(next)) return false;
      this.#waiting.shift();
    }
    return true;
  }
}

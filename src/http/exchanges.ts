import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

type Task = () => void;

interface Line {
  /** Whether an answer is under way. */
  isBusy: boolean;
  readonly waiting: Task[];
}

/** Requests that may wait for their turn on one socket. No browser sends one before the last was answered. */
const maxWaiting = 200;

/**
 * One answer at a time on each socket: what is asked meanwhile waits, and is not worked out (RFC 9112 §9.3.2 lets
 * requests be pipelined). Node would have hundreds of them answered at once, for a client that reads nothing.
 */
export class Exchanges {
  readonly #lines = new WeakMap<Duplex, Line>();
  readonly #onFlood: (request: IncomingMessage) => void;

  /** @param onFlood told of a request that is one too many: its socket is closed */
  constructor(onFlood: (request: IncomingMessage) => void) {
    this.#onFlood = onFlood;
  }

  /** Answers a request when its turn comes. */
  take(request: IncomingMessage, response: ServerResponse, answer: Task): void {
    const { socket } = request;
    const line = this.#lineOf(socket);
    const begin = (): void => {
      line.isBusy = true;
      response.once('close', () => this.#next(socket, line));
      answer();
    };
    if (!line.isBusy) begin();
    else this.#wait(line, request, begin);
  }

  /** Does something with a socket once all that was asked on it before is answered. */
  afterAnswers(request: IncomingMessage, act: Task): void {
    const line = this.#lineOf(request.socket);
    if (line.isBusy) this.#wait(line, request, act);
    else act();
  }

  #lineOf(socket: Duplex): Line {
    const line = this.#lines.get(socket) ?? { isBusy: false, waiting: [] };
    this.#lines.set(socket, line);
    return line;
  }

  #wait(line: Line, request: IncomingMessage, task: Task): void {
    line.waiting.push(task);
    if (line.waiting.length <= maxWaiting) {
      request.socket.pause();
      return;
    }
    line.waiting.length = 0;
    if (request.socket.destroyed) return;
    this.#onFlood(request);
    request.socket.destroy();
  }

  #next(socket: Duplex, line: Line): void {
    line.isBusy = false;
    if (socket.destroyed) {
      line.waiting.length = 0;
      return;
    }
    const task = line.waiting.shift();
    if (line.waiting.length === 0) socket.resume();
    task?.();
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Task = () => void;

interface Line {
  /** The answer under way. */
  current: ServerResponse | undefined;
  readonly waiting: Task[];
}

/** Pipelined requests that may wait on one socket. Browsers do not pipeline. */
const maxWaiting = 200;

/**
 * Answers pipelined requests (RFC 9112 §9.3.2) one at a time on each socket. Node would begin hundreds of them at once,
 * for a client that reads nothing.
 */
export class Exchanges {
  readonly #lines = new WeakMap<Socket, Line>();
  readonly #onFlood: (request: IncomingMessage) => void;

  /** @param onFlood called with a request that is one too many: its socket is closed */
  constructor(onFlood: (request: IncomingMessage) => void) {
    this.#onFlood = onFlood;
  }

  /** Answers a request when its turn comes. */
  take(request: IncomingMessage, response: ServerResponse, answer: Task): void {
    const { socket } = request;
    const line = this.#lineOf(socket);
    const begin = (): void => {
      line.current = response;
      response.once('close', () => this.#next(socket, line));
      answer();
    };
    if (line.current === undefined) begin();
    else this.#wait(line, request, begin);
  }

  /**
   * Runs a task for a request that cannot be read further, and what may be said of it (RFC 9112 §9.3.2): once the
   * requests before it are answered; at once where it is the one under way. Where its answer has begun, nothing can be
   * said any more.
   */
  refuseBroken(socket: Socket, request: IncomingMessage, refuse: Task): void {
    const line = this.#lineOf(socket);
    if (line.current === undefined) refuse();
    else if (line.current.headersSent) socket.destroy();
    else if (line.current.req.complete) this.#wait(line, request, refuse);
    else refuse();
  }

  /** Whether no response is under way on a socket. */
  isFree(socket: Socket): boolean {
    return this.#lines.get(socket)?.current === undefined;
  }

  /**
   * Runs a task on a socket that Node has detached for an upgrade, once the requests before it are answered. Node has
   * removed its listeners, so that errors and `drain` are passed on here until then.
   */
  afterAnswers(request: IncomingMessage, act: Task): void {
    const { socket } = request;
    const line = this.#lineOf(socket);
    if (line.current === undefined) {
      act();
      return;
    }
    const fail = (): void => void socket.destroy();
    const drain = (): void => void line.current?.emit('drain');
    socket.on('error', fail).on('drain', drain);
    this.#wait(line, request, () => {
      socket.off('error', fail).off('drain', drain);
      act();
    });
  }

  #lineOf(socket: Socket): Line {
    const line = this.#lines.get(socket) ?? { current: undefined, waiting: [] };
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

  #next(socket: Socket, line: Line): void {
    line.current = undefined;
    if (socket.destroyed) {
      line.waiting.length = 0;
      return;
    }
    const task = line.waiting.shift();
    if (line.waiting.length === 0) socket.resume();
    task?.();
  }
}

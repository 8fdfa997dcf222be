import { createServer, type RequestListener, type Server } from 'node:http';

const keepAliveMs = 60_000;
const requestTimeoutMs = 10_000;

/** An HTTP server that can be opened and closed again and again; overlapping calls take turns. */
export class Listener {
  readonly #host: string;
  readonly #handle: RequestListener;
  #port: number;
  #server: Server | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param port 0 picks a free one at the first `open`; later ones take the same again */
  constructor(host: string, port: number, handle: RequestListener) {
    this.#host = host;
    this.#port = port;
    this.#handle = handle;
  }

  /** Resolves with the port; rejects with Node's own error (`EADDRINUSE`, …). */
  open(): Promise<number> {
    return this.#inTurn(() => this.#open());
  }

  /** Ends every connection, answered or not, and resolves when nothing is left. */
  close(): Promise<void> {
    return this.#inTurn(() => this.#close());
  }

  /** Ends every connection, answered or not, and goes on listening. */
  cutConnections(): void {
    this.#server?.closeAllConnections();
  }

  /** The next call starts when the one before has ended, well or badly. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task, task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #open(): Promise<number> {
    if (this.#server !== undefined) return this.#port;
    const timeouts = { keepAliveTimeout: keepAliveMs, requestTimeout: requestTimeoutMs };
    const opening = createServer(timeouts, this.#handle);
    await new Promise<void>((resolve, reject) => {
      opening.once('error', reject);
      opening.listen(this.#port, this.#host, () => {
        opening.off('error', reject);
        resolve();
      });
    });
    this.#server = opening;
    const address = opening.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
    return this.#port;
  }

  async #close(): Promise<void> {
    const closing = this.#server;
    if (closing === undefined) return;
    this.#server = undefined;
    await new Promise<void>((resolve) => {
      closing.close(() => resolve());
      closing.closeAllConnections();
    });
  }
}

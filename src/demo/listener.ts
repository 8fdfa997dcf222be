import { createServer, type RequestListener, type Server } from 'node:http';
import { type DemoLog, messageOf } from './log.ts';

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

/** Another program may have taken the port meanwhile. */
const retryMs = 500;

interface Running {
  readonly endsAtMs: number;
  timer: NodeJS.Timeout;
}

/** The `stop` fault: the listener closes for a while, then opens again on its port. */
export class Outage {
  readonly #listener: Listener;
  readonly #log: DemoLog;
  #current: Running | undefined;

  constructor(listener: Listener, log: DemoLog) {
    this.#listener = listener;
    this.#log = log;
  }

  begin(durationMs: number): void {
    this.cancel();
    const outage: Running = {
      endsAtMs: performance.now() + durationMs,
      timer: setTimeout(() => this.#reopen(outage), durationMs),
    };
    this.#current = outage;
    this.#listener.close().then(
      () => this.#log.info({ durationMs }, 'demo engine stopped listening'),
      (error: unknown) => this.#log.warn({ error: messageOf(error) }, 'demo engine could not stop listening'),
    );
  }

  end(): void {
    if (this.#current !== undefined) this.#reopen(this.#current);
  }

  /** Forgets the outage; the listener stays as it is. */
  cancel(): void {
    clearTimeout(this.#current?.timer);
    this.#current = undefined;
  }

  /** Undefined while there is none. */
  remainingMs(): number | undefined {
    return this.#current && Math.max(0, this.#current.endsAtMs - performance.now());
  }

  /** Opening takes a moment, in which this outage may be cancelled or give way to another. */
  #reopen(outage: Running): void {
    clearTimeout(outage.timer);
    this.#listener.open().then(
      (port) => {
        if (this.#current !== outage) return;
        this.#current = undefined;
        this.#log.info({ port }, 'demo engine listens again');
      },
      (error: unknown) => {
        if (this.#current !== outage) return;
        this.#log.warn({ error: messageOf(error) }, 'demo engine cannot listen yet');
        outage.timer = setTimeout(() => this.#reopen(outage), retryMs);
      },
    );
  }
}

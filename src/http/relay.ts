import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Cancel, Clock } from '../core/clock.ts';

interface RelayOptions {
  readonly clock: Clock;
  /** A reader that takes nothing for this long is cut off. */
  readonly stallMs: number;
  /** Taken from the engine before the client asks for it, so that the engine's connection is free for others. */
  readonly maxAheadBytes: number;
  /** The body has been taken whole, or has ended otherwise. May be called more than once. */
  readonly onTaken: () => void;
  /** The client is cut off, as it takes nothing. */
  readonly onStalled: () => void;
}

/** Body is given to the reader in chunks of this size: one that takes none in time counts as stalled. */
const chunkBytes = 16 * 1024;

/**
 * Passes the body of an engine's answer on to a client as it reads. Of what can go wrong on either side nothing is
 * thrown: a body that ends too early cuts the client's connection, for it must not look complete.
 */
export class Relay {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #body: Readable;
  readonly #response: Pick<ServerResponse, 'destroy'>;
  readonly #options: RelayOptions;
  readonly #ahead: Uint8Array[] = [];
  #aheadBytes = 0;
  #complete = false;
  #over = false;
  /** The client's read that waits for the next chunk; undefined: none waits. */
  #hungry: ((chunk: Uint8Array | undefined) => void) | undefined;
  #cancelStall: Cancel = () => {};

  constructor(body: Readable, response: Pick<ServerResponse, 'destroy'>, options: RelayOptions) {
    this.#body = body;
    this.#response = response;
    this.#options = options;
    body.on('error', () => {});
    body.on('data', (chunk: Uint8Array) => this.#take(chunk));
    body.once('end', () => {
      this.#complete = true;
      options.onTaken();
      this.#give();
    });
    body.once('close', () => {
      options.onTaken();
      if (!this.#complete) response.destroy();
    });
    this.#awaitReader();
    this.stream = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => this.#pull(controller),
        cancel: () => {
          this.#hungry = undefined;
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Ends it, whether or not all was read: the rest of the body is not fetched. */
  end(): void {
    this.#over = true;
    this.#cancelStall();
    this.#ahead.length = 0;
    this.#hungry = undefined;
    if (!this.#complete) this.#body.destroy();
  }

  #take(chunk: Uint8Array): void {
    if (this.#over) return;
    this.#ahead.push(chunk);
    this.#aheadBytes += chunk.length;
    if (this.#aheadBytes >= this.#options.maxAheadBytes) this.#body.pause();
    this.#give();
  }

  #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#cancelStall();
    return new Promise((resolve) => {
      this.#hungry = (chunk) => {
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
        resolve();
      };
      this.#give();
    });
  }

  #give(): void {
    const feed = this.#hungry;
    if (feed === undefined || (this.#ahead.length === 0 && !this.#complete)) return;
    const chunk = this.#nextChunk();
    this.#aheadBytes -= chunk?.length ?? 0;
    if (this.#body.isPaused() && this.#aheadBytes < this.#options.maxAheadBytes) this.#body.resume();
    this.#hungry = undefined;
    this.#awaitReader();
    feed(chunk);
  }

  #nextChunk(): Uint8Array | undefined {
    const [first] = this.#ahead;
    if (first === undefined || first.length <= chunkBytes) return this.#ahead.shift();
    this.#ahead[0] = first.subarray(chunkBytes);
    return first.subarray(0, chunkBytes);
  }

  #awaitReader(): void {
    this.#cancelStall();
    this.#cancelStall = this.#options.clock.after(this.#options.stallMs, () => {
      this.#options.onStalled();
      this.#response.destroy();
    });
  }
}

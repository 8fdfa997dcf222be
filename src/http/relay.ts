import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Clock } from '../core/clock.ts';

export interface RelayOptions {
  readonly clock: Clock;
  /** A reader that takes nothing for this long is cut off. */
  readonly stallMs: number;
  /** Taken from the engine before the client asks for it, so that the engine's connection is free for others. */
  readonly maxAheadBytes: number;
  /** The body has been taken whole, or has ended otherwise. */
  readonly onTaken: () => void;
  /** The client is cut off, as it takes nothing. */
  readonly onStalled: () => void;
}

export interface Relay {
  readonly stream: ReadableStream<Uint8Array>;
  /** The answer is over, read or not: what is left of the body is not taken any more. */
  end(): void;
}

/** What a slow reader must take within its time to be one that reads. */
const chunkBytes = 16 * 1024;

/**
 * Passes the body of an engine's answer on to a client as it reads. Of what can go wrong on either side nothing is
 * thrown: a body that ends too early cuts the client's connection, for it must not look complete.
 */
export function createRelay(
  body: Readable,
  response: Pick<ServerResponse, 'destroy'>,
  options: RelayOptions,
): Relay {
  const { clock, stallMs, maxAheadBytes, onTaken, onStalled } = options;
  const ahead: Uint8Array[] = [];
  let aheadBytes = 0;
  let complete = false;
  let over = false;
  /** The client's reader, while it has taken all there is. */
  let hungry: ((chunk: Uint8Array | undefined) => void) | undefined;
  let cancelStall = (): void => {};

  const awaitReader = (): void => {
    cancelStall();
    cancelStall = clock.after(stallMs, () => {
      onStalled();
      response.destroy();
    });
  };
  const nextChunk = (): Uint8Array | undefined => {
    const [first] = ahead;
    if (first === undefined || first.length <= chunkBytes) return ahead.shift();
    ahead[0] = first.subarray(chunkBytes);
    return first.subarray(0, chunkBytes);
  };
  const give = (): void => {
    if (hungry === undefined || (ahead.length === 0 && !complete)) return;
    const chunk = nextChunk();
    aheadBytes -= chunk?.length ?? 0;
    if (body.isPaused() && aheadBytes < maxAheadBytes) body.resume();
    const feed = hungry;
    hungry = undefined;
    awaitReader();
    feed(chunk);
  };

  body.on('error', () => {});
  body.on('data', (chunk: Uint8Array) => {
    if (over) return;
    ahead.push(chunk);
    aheadBytes += chunk.length;
    if (aheadBytes >= maxAheadBytes) body.pause();
    give();
  });
  body.once('end', () => {
    complete = true;
    onTaken();
    give();
  });
  body.once('close', () => {
    onTaken();
    if (!complete) response.destroy();
  });
  awaitReader();

  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        cancelStall();
        return new Promise((resolve) => {
          hungry = (chunk) => {
            if (chunk === undefined) controller.close();
            else controller.enqueue(chunk);
            resolve();
          };
          give();
        });
      },
      cancel() {
        hungry = undefined;
      },
    },
    { highWaterMark: 0 },
  );
  return {
    stream,
    end() {
      over = true;
      cancelStall();
      ahead.length = 0;
      hungry = undefined;
      if (!complete) body.destroy();
    },
  };
}

import { createServer, type RequestListener, type Server } from 'node:http';

export interface Listener {
  /** Resolves with the port; rejects with Node's own error (`EADDRINUSE`, …). */
  open(): Promise<number>;
  /** Ends every connection, answered or not, and resolves when nothing is left. */
  close(): Promise<void>;
}

export interface ListenerOptions {
  host: string;
  /** 0 picks a free one at the first `open`; later ones take the same again. */
  port: number;
  handle: RequestListener;
}

const keepAliveMs = 60_000;
const requestTimeoutMs = 10_000;

/** An HTTP server that can be opened and closed again and again; overlapping calls take turns. */
export function createListener({ host, port, handle }: ListenerOptions): Listener {
  let ownPort = port;
  let server: Server | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** The next call starts when the one before has ended, well or badly. */
  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = last.then(task, task);
    last = result.catch(() => undefined);
    return result;
  }

  async function open(): Promise<number> {
    if (server !== undefined) return ownPort;
    const opening = createServer({ keepAliveTimeout: keepAliveMs, requestTimeout: requestTimeoutMs }, handle);
    await new Promise<void>((resolve, reject) => {
      opening.once('error', reject);
      opening.listen(ownPort, host, () => {
        opening.off('error', reject);
        resolve();
      });
    });
    server = opening;
    const address = opening.address();
    if (address !== null && typeof address === 'object') ownPort = address.port;
    return ownPort;
  }

  async function close(): Promise<void> {
    const closing = server;
    if (closing === undefined) return;
    server = undefined;
    await new Promise<void>((resolve) => {
      closing.close(() => resolve());
      closing.closeAllConnections();
    });
  }

  return { open: () => inTurn(open), close: () => inTurn(close) };
}

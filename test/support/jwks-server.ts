import { createServer, type ServerResponse } from 'node:http';
import type { JWK } from 'jose';
import type { Resource } from './wait.ts';

/** An issuer's key set over real HTTP. */
export interface JwksServer extends Resource {
  readonly url: string;
  /** Requests that arrived, whatever the answer. */
  readonly requests: number;
  /** From now on these are the keys. */
  rotate(...keys: readonly JWK[]): void;
  /** From now on every request is answered like this, until the next `rotate`. */
  answer(reply: (response: ServerResponse) => void): void;
  /** Ends every connection and takes no more. */
  stop(): Promise<void>;
  /** Back on the same port. */
  start(): Promise<void>;
}

export async function startJwksServer(...keys: readonly JWK[]): Promise<JwksServer> {
  const serve =
    (set: readonly JWK[]) =>
    (response: ServerResponse): void =>
      void response
        .writeHead(200, { 'content-type': 'application/jwk-set+json' })
        .end(JSON.stringify({ keys: set }));
  let reply = serve(keys);
  let requests = 0;
  let port = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    reply(response);
  });
  const start = async (): Promise<void> => {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    port = address.port;
  };
  await start();
  return {
    get url() {
      return `http://127.0.0.1:${port}/.well-known/jwks.json`;
    },
    get requests() {
      return requests;
    },
    rotate(...next) {
      reply = serve(next);
    },
    answer(next) {
      reply = next;
    },
    start,
    async stop() {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

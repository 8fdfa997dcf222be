import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { EngineClient } from '../../src/source/engine-client.ts';
import { type Resource, type TestScope, useIn } from '../support/wait.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A real HTTP server whose answer a test sets, and can change at any time. */
export interface EngineServer extends Resource {
  readonly url: string;
  readonly port: number;
  /** Requests so far. */
  readonly requests: readonly IncomingMessage[];
  /** Connections so far. */
  readonly connections: number;
  /** Requests whose connection ended before their answer was complete. */
  readonly abandoned: number;
  answerWith(handler: Handler): void;
  stop(): Promise<void>;
  /** Listens again on the port it had. */
  restart(): Promise<void>;
}

export const json =
  (body: string, status = 200): Handler =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(body);

export async function startEngineServer(first: Handler = json('{}')): Promise<EngineServer> {
  const requests: IncomingMessage[] = [];
  let handler = first;
  let connections = 0;
  let abandoned = 0;
  const open = async (port: number): Promise<Server> => {
    const server = createServer((request, response) => {
      requests.push(request);
      response.on('close', () => {
        if (!response.writableFinished) abandoned += 1;
      });
      handler(request, response);
    });
    server.on('connection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return server;
  };
  let server = await open(0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    get connections() {
      return connections;
    },
    get abandoned() {
      return abandoned;
    },
    answerWith(next) {
      handler = next;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
    async restart() {
      server = await open(port);
    },
  };
}

/** Such a server and a client of it, until the test is over. */
export async function useEngine(
  test: TestScope,
  first?: Handler,
  { path = '', ...options }: { path?: string; token?: string; maxBodyBytes?: number } = {},
) {
  const engine = await useIn(test, startEngineServer(first));
  const client = new EngineClient({ url: engine.url + path, ...options });
  test.onTestFinished(() => client.close());
  return { engine, client };
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { errorMessage, problemDocument } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { Exchanges } from './exchanges.ts';
import { offersWebSocket, serveWithoutUpgrade } from './plain-upgrade.ts';
import type { Router } from './router.ts';
import { SocketPlaces, type SocketPlacesOptions } from './socket-places.ts';
import type { UpgradeHandler } from './upgrade.ts';

export interface HttpOptions {
  /** 0 picks a free port. */
  readonly port: number;
  /** The same server on further ports. */
  readonly extraPorts: readonly number[];
  readonly host: string;
  readonly places: SocketPlacesOptions;
  /** Whether a request must be heard, whoever holds all the sockets. Default: none must. */
  readonly isVital?: (request: IncomingMessage) => boolean;
  /** Told of a request whose socket asks for more than it takes. Default: nobody needs to know. */
  readonly onFlood?: (request: IncomingMessage) => void;
  /** An answer of which nothing leaves for so long is cut, or for up to twice as long. Default 15 s. */
  readonly stalledAfterMs?: number;
  /** Which setting says the port, for messages. Default `PORT`. */
  readonly setting?: 'PORT' | 'OPS_PORT';
}

export interface HttpServer {
  /** Resolves with the main port. Rejects with a message that names the setting to change. */
  listen(): Promise<number>;
  /** Accepts nothing new and lets idle connections go. */
  stopAccepting(): void;
  /** Ends what is left. */
  close(): Promise<void>;
}

/** A socket has this long for a complete request, handshake included. */
const requestTimeoutMs = 10_000;

export function createHttpServer(
  router: Router,
  upgrade: UpgradeHandler,
  log: Log,
  options: HttpOptions,
): HttpServer {
  const { setting = 'PORT', isVital = () => false, onFlood = () => {}, stalledAfterMs = 15_000 } = options;
  const places = new SocketPlaces(options.places);
  const exchanges = new Exchanges(onFlood);
  const listener = getRequestListener(router.fetch, {
    overrideGlobalObjects: false,
    // HTTP/1.0 needs no Host (RFC 9110 §7.2): probes leave it out.
    hostname: 'localhost',
  });
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    listener(request, response).catch((error: unknown) => {
      log.error({ error: errorMessage(error) }, 'request failed');
      response.destroy();
    });
  };
  const take = (request: IncomingMessage, response: ServerResponse, reply: () => void): void => {
    // From the first request on, not from the connection on: a WebSocket would keep the timer's object for life.
    request.socket.setTimeout(stalledAfterMs);
    exchanges.take(request, response, reply);
  };
  const create = (): Server => {
    const server = createServer(
      {
        headersTimeout: requestTimeoutMs,
        requestTimeout: requestTimeoutMs,
        connectionsCheckingInterval: 1000,
      },
      (request, response) =>
        take(request, response, () => {
          if (places.isForVitalOnly(request) && !isVital(request)) refuseForWantOfPlaces(response);
          else answer(request, response);
        }),
    );
    // Node would answer these by itself, as many as are asked, whether or not the client reads (RFC 9110 §10.1.1).
    server.on('checkExpectation', (request, response) =>
      take(request, response, () => void response.writeHead(417, { 'content-length': 0 }).end()),
    );
    places.watch(server);
    // By the socket, which sees a large answer leave bit by bit. One that waits for its answer is not stalled.
    const cutIdle = (socket: Socket): void => {
      if (socket.writableLength > 0 || exchanges.isFree(socket)) socket.destroy();
    };
    server.on('timeout', cutIdle);
    return server.on('upgrade', (request, socket, head) => {
      if (!offersWebSocket(request)) {
        // Node's own listener for it is gone, and comes back with the connection begun anew.
        const cut = (): void => cutIdle(request.socket);
        socket.on('timeout', cut);
        exchanges.afterAnswers(request, () => {
          socket.off('timeout', cut);
          serveWithoutUpgrade(server, request, socket, head);
        });
      } else if (exchanges.isFree(request.socket)) upgrade(request, socket, head);
      else {
        // No client sends its handshake before its last answer has come.
        onFlood(request);
        socket.on('error', () => {}).destroy();
      }
    });
  };
  const main = create();
  const extra = options.extraPorts.map((port) => ({ server: create(), port }));
  const servers = [main, ...extra.map(({ server }) => server)];

  return {
    async listen() {
      const port = await listen(main, options.port, options.host, setting);
      for (const { server, port: extraPort } of extra)
        await listen(server, extraPort, options.host, 'EXTRA_PORTS');
      for (const server of servers) {
        // Running out of file descriptors surfaces here: it must not take the connected clients down.
        server.on('error', (error) => log.error({ error: errorMessage(error) }, 'http server error'));
      }
      return port;
    },
    stopAccepting() {
      for (const server of servers) {
        if (server.listening) server.close();
        server.closeIdleConnections();
      }
    },
    async close() {
      for (const server of servers) {
        if (server.listening) server.close();
        server.closeAllConnections();
      }
    },
  };
}

function refuseForWantOfPlaces(response: ServerResponse): void {
  const detail = 'all sockets are in use, see MAX_CONNECTIONS and MAX_CONNECTIONS_PER_IP';
  const body = JSON.stringify(problemDocument('AT_CAPACITY', { detail, effect: 'none' }));
  response.writeHead(503, {
    'content-type': 'application/problem+json',
    'retry-after': '5',
    connection: 'close',
  });
  response.end(body);
}

function listen(server: Server, port: number, host: string, setting: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new Error(listenFault(error, port, host, setting))));
    server.listen({ port, host, backlog: 4096 }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Why a port cannot be had, and what to do about it. */
export function listenFault(error: unknown, port: number, host: string, setting: string): string {
  const where = `${host}:${port}`;
  switch (error instanceof Error && 'code' in error && error.code) {
    case 'EADDRINUSE':
      return `cannot listen on ${where}: the port is in use. Stop the other program or set ${setting}${setting === 'PORT' || setting === 'OPS_PORT' ? ' (0 picks a free one)' : ''}.`;
    case 'EACCES':
      return `cannot listen on ${where}: not permitted. Set ${setting} to 1024 or above.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `cannot listen on ${where}: this machine has no such address. Set HOST (0.0.0.0 for all).`;
    default:
      return `cannot listen on ${where}: ${errorMessage(error)}. See ${setting} and HOST.`;
  }
}

import { createServer, IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { errorMessage, problemDocument, Refusal } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { type ReadError, refusalOfBroken } from './broken-request.ts';
import { Exchanges } from './exchanges.ts';
import type { Router } from './router.ts';
import { SocketPlaces, type SocketPlacesOptions } from './socket-places.ts';
import { endWithProblem, offersWebSocket, serveWithoutUpgrade, type UpgradeRouter } from './upgrade.ts';

export interface HttpOptions {
  /** 0 picks a free port. */
  readonly port: number;
  /** The same server on further ports. Default: none. */
  readonly extraPorts?: readonly number[];
  readonly host: string;
  readonly places: SocketPlacesOptions;
  /** Whether a request must be answered even while all sockets are taken. Default: none must. */
  readonly isVital?: (request: IncomingMessage) => boolean;
  /** Called with a request that never gets to a route: one pipelined beyond the bound, or one that cannot be read. */
  readonly onRefused?: (refusal: Refusal, request: IncomingMessage) => void;
  /** A response that makes no progress for this long, or up to twice as long, is cut. Default 15 s. */
  readonly stalledAfterMs?: number;
  /** Setting of the port, for messages. Default `PORT`. */
  readonly setting?: 'PORT' | 'OPS_PORT';
}

/** For a complete request, handshakes included. */
const requestTimeoutMs = 10_000;
const stalledAfterMs = 15_000;
/** A client has this long to read why its request cannot be. */
const refusalTimeoutMs = 5000;
const flood = new Refusal('TOO_MANY_REQUESTS', { detail: 'too many at once on one socket' });

/** Serves HTTP routes and WebSocket handshakes on one port or several. */
export class HttpServer {
  readonly #upgrades: Pick<UpgradeRouter, 'handle'>;
  readonly #log: Log;
  readonly #options: HttpOptions;
  readonly #places: SocketPlaces;
  readonly #exchanges: Exchanges;
  readonly #broken = new WeakSet<Socket>();
  readonly #answer: ReturnType<typeof getRequestListener>;
  readonly #main: Server;
  readonly #extra: readonly { readonly server: Server; readonly port: number }[];

  constructor(router: Router, upgrades: Pick<UpgradeRouter, 'handle'>, log: Log, options: HttpOptions) {
    this.#upgrades = upgrades;
    this.#log = log;
    this.#options = options;
    this.#places = new SocketPlaces(options.places);
    this.#exchanges = new Exchanges((request) => options.onRefused?.(flood, request));
    this.#answer = getRequestListener(router.fetch, {
      overrideGlobalObjects: false,
      // HTTP/1.0 needs no Host (RFC 9110 §7.2): probes leave it out.
      hostname: 'localhost',
    });
    this.#main = this.#create();
    this.#extra = (options.extraPorts ?? []).map((port) => ({ server: this.#create(), port }));
  }

  /** Resolves with the main port. Rejects with a message that names the setting to change. */
  async listen(): Promise<number> {
    const { host, setting = 'PORT' } = this.#options;
    const mainPort = await listen(this.#main, this.#options.port, host, setting);
    for (const { server, port } of this.#extra) await listen(server, port, host, 'EXTRA_PORTS');
    for (const server of this.#servers) {
      // Running out of file descriptors surfaces here: it must not take the connected clients down.
      server.on('error', (error) => this.#log.error({ error: errorMessage(error) }, 'http server error'));
    }
    return mainPort;
  }

  /** Accepts no new connections and closes idle ones. */
  stopAccepting(): void {
    for (const server of this.#servers) {
      if (server.listening) server.close();
      server.closeIdleConnections();
    }
  }

  /** Closes all connections. */
  close(): void {
    for (const server of this.#servers) {
      if (server.listening) server.close();
      server.closeAllConnections();
    }
  }

  get #servers(): readonly Server[] {
    return [this.#main, ...this.#extra.map(({ server }) => server)];
  }

  #create(): Server {
    const server = createServer(
      {
        headersTimeout: requestTimeoutMs,
        requestTimeout: requestTimeoutMs,
        connectionsCheckingInterval: 1000,
      },
      (request, response) => this.#take(request, response, () => this.#reply(request, response)),
    );
    // Node would answer any number of these by itself, whether or not the client reads (RFC 9110 §10.1.1).
    server.on('checkExpectation', (request, response) =>
      this.#take(request, response, () => void response.writeHead(417, { 'content-length': 0 }).end()),
    );
    this.#places.watch(server);
    server.on('timeout', (socket) => this.#cutIdle(socket));
    server.on('clientError', (error, socket) => this.#refuseBroken(error, socket));
    return server.on('upgrade', (request, socket, head) => {
      if (!offersWebSocket(request)) {
        // Node has removed its own listener, and adds it again with the new connection.
        const cut = (): void => this.#cutIdle(request.socket);
        socket.on('timeout', cut);
        this.#exchanges.afterAnswers(request, () => {
          socket.off('timeout', cut);
          serveWithoutUpgrade(server, request, socket, head);
        });
      } else if (this.#exchanges.isFree(request.socket)) this.#upgrades.handle(request, socket, head);
      else {
        // No client sends a handshake before its last response has come.
        this.#options.onRefused?.(flood, request);
        socket.on('error', () => {}).destroy();
      }
    });
  }

  /** Node would say no more than a status, and nothing to us. Upgraded sockets are no longer its concern. */
  #refuseBroken(error: ReadError, socket: Duplex): void {
    const refusal = refusalOfBroken(error);
    // Browsers open sockets in advance: what was never asked is not refused.
    if (!(socket instanceof Socket) || refusal === undefined || socket.bytesRead === 0) {
      socket.destroy();
      return;
    }
    // Whatever else comes is as unreadable.
    if (this.#broken.has(socket)) return;
    this.#broken.add(socket);
    const request = new IncomingMessage(socket);
    this.#options.onRefused?.(refusal, request);
    this.#exchanges.refuseBroken(socket, request, () =>
      endWithProblem(socket, refusal, refusalTimeoutMs, 'none'),
    );
  }

  #take(request: IncomingMessage, response: ServerResponse, reply: () => void): void {
    // Set at the first request, not the connection: a WebSocket would keep the timer object for life.
    request.socket.setTimeout(this.#options.stalledAfterMs ?? stalledAfterMs);
    this.#exchanges.take(request, response, reply);
  }

  #reply(request: IncomingMessage, response: ServerResponse): void {
    if (this.#places.isForVitalOnly(request) && this.#options.isVital?.(request) !== true) {
      refuseForWantOfPlaces(response);
      return;
    }
    this.#answer(request, response).catch((error: unknown) => {
      this.#log.error({ error: errorMessage(error) }, 'request failed');
      response.destroy();
    });
  }

  /** At the socket's timeout: cuts a stalled response or an idle connection, not one that waits for its response. */
  #cutIdle(socket: Socket): void {
    if (socket.writableLength > 0 || this.#exchanges.isFree(socket)) socket.destroy();
  }
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

/** Why listening failed, and which setting to change. */
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

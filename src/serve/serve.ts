import type { Access } from '../access/access.ts';
import type { Policy } from '../access/policy.ts';
import type { Clock } from '../core/clock.ts';
import { Projection } from '../feed/projection.ts';
import type { StateFeed } from '../feed/state-feed.ts';
import type { Router } from '../http/router.ts';
import { addSocketIoLibrary } from '../http/socket-io-library.ts';
import type { UpgradeRouter } from '../http/upgrade.ts';
import { eventOf, MessageReader } from './conversation.ts';
import type { Endpoint } from './endpoint.ts';
import { type HttpRoute, type InPlaceOfEngine, serveHttp } from './http.ts';
import { commentEveryMs, Service, type ServiceParts, serveEventStream, serveWebSocket } from './service.ts';
import { Snapshots } from './snapshots.ts';
import { serveSocketIo } from './socket-io.ts';

/** An endpoint of a dialect and its path. */
export interface Served {
  readonly dialect: string;
  readonly transport: 'websocket' | 'event-stream' | 'socket.io';
  readonly path: string;
  readonly endpoint: Endpoint;
}

export interface ServeParts extends ServiceParts {
  readonly access: Access;
  readonly upgrades: UpgradeRouter;
  readonly router: Router;
  readonly clock: Clock;
  /** What is to be done once no sessions are left is added to it. */
  readonly onClose: (() => Promise<void>)[];
  /** All endpoints are added to it. */
  readonly served: Served[];
  /** All routes that replace a path of the engine are added to it. */
  readonly inPlaceOfEngine: InPlaceOfEngine[];
}

/** Serves the endpoints of one dialect. */
export class Serve {
  readonly #dialect: string;
  readonly #parts: ServeParts;
  readonly #snapshots = new Snapshots();

  constructor(dialect: string, parts: ServeParts) {
    this.#dialect = dialect;
    this.#parts = parts;
  }

  /** @param path segments that begin with a colon match any one: `/ws/instances/:name/logs` */
  webSocket(path: string, endpoint: Endpoint): void {
    const { upgrades, clock } = this.#parts;
    this.#note('websocket', path, endpoint);
    serveWebSocket(path, new Service(endpoint, this.#dialect, this.#parts), upgrades, clock);
  }

  /** The same as Server-Sent Events, on which clients send nothing. */
  eventStream(path: string, endpoint: Endpoint): void {
    const keepalive = { ...this.#parts.keepalive, pingEveryMs: commentEveryMs };
    this.#note('event-stream', path, endpoint);
    serveEventStream(path, new Service(endpoint, this.#dialect, { ...this.#parts, keepalive }), this.#parts);
  }

  /**
   * Over Socket.IO, at the path and by its client library below it. Clients' events are messages: the name is the
   * `type`, the first argument the `payload`, undefined where it is missing or null. A message to a client is an event
   * named by its type, and its payload the argument.
   * @param path with a slash at its end, as clients ask for it: `/socket.io/`
   */
  socketIo(path: string, endpoint: Endpoint): void {
    const dialect = this.#dialect;
    this.#note('socket.io', path, endpoint);
    const reader = new MessageReader(endpoint.hears, eventOf);
    const service = new Service(endpoint, dialect, this.#parts, reader);
    addSocketIoLibrary(this.#parts.router, path);
    this.#parts.onClose.push(serveSocketIo(path.replace(/\/$/, ''), service, { ...this.#parts, dialect }));
  }

  http<Query>(method: 'get' | 'post', path: string, route: HttpRoute<Query>): void {
    const { slowAfterMs } = this.#parts.keepalive;
    serveHttp(method, path, route, { ...this.#parts, slowAfterMs });
  }

  /** A document as JSON; its `ETag` is its position. */
  snapshot(path: string, access: Policy, feed: StateFeed): void {
    const projection = new Projection(feed);
    this.http('get', path, {
      access,
      answer: ({ request }) => this.#snapshots.answer(request, projection),
    });
  }

  #note(transport: Served['transport'], path: string, endpoint: Endpoint): void {
    this.#parts.served.push({ dialect: this.#dialect, transport, path, endpoint });
  }
}

import type { Access } from '../access/access.ts';
import type { Policy } from '../access/policy.ts';
import type { Clock } from '../core/clock.ts';
import { formatPosition } from '../feed/position.ts';
import type { StateFeed } from '../feed/state-feed.ts';
import { taggedJson } from '../http/etag.ts';
import type { Handler, Router } from '../http/router.ts';
import type { UpgradeRouter } from '../http/upgrade.ts';
import type { Endpoint } from './endpoint.ts';
import { commentEveryMs, serveEventStream } from './event-stream.ts';
import { type HttpRoute, serveHttp } from './http.ts';
import { Service, type ServiceParts } from './service.ts';
import { serveWebSocket } from './web-socket.ts';

/** What a dialect does to be reached: the whole ceremony of an endpoint. */
export interface Serve {
  /** @param path segments that begin with a colon match any one: `/ws/instances/:name/logs` */
  webSocket(path: string, endpoint: Endpoint): void;
  /** The same as Server-Sent Events: clients hear, and say nothing. */
  eventStream(path: string, endpoint: Endpoint): void;
  http<Query>(method: 'get' | 'post', path: string, route: HttpRoute<Query>): void;
  /** A document as JSON; its `ETag` is its position. */
  snapshot(path: string, access: Policy, feed: StateFeed): void;
}

/** An endpoint of a dialect, and where it is reached. */
export interface Served {
  readonly dialect: string;
  readonly transport: 'websocket' | 'event-stream';
  readonly path: string;
  readonly endpoint: Endpoint;
}

export interface ServeParts extends ServiceParts {
  readonly access: Access;
  readonly upgrades: UpgradeRouter;
  readonly router: Router;
  readonly clock: Clock;
  /** All that is served is added to it. */
  readonly served: Served[];
  /** Who answers in place of the engine, by its paths. */
  readonly inPlaceOfEngine: Map<string, Handler>;
}

/** How one dialect is served. */
export function createServe(dialect: string, parts: ServeParts): Serve {
  const { served, keepalive } = parts;
  const serve: Serve = {
    webSocket(path, endpoint) {
      served.push({ dialect, transport: 'websocket', path, endpoint });
      serveWebSocket(path, new Service(endpoint, dialect, parts), parts);
    },
    eventStream(path, endpoint) {
      served.push({ dialect, transport: 'event-stream', path, endpoint });
      const paced = { ...parts, keepalive: { ...keepalive, pingEveryMs: commentEveryMs } };
      serveEventStream(path, new Service(endpoint, dialect, paced), parts);
    },
    http: (method, path, route) =>
      serveHttp(method, path, route, { ...parts, slowAfterMs: keepalive.slowAfterMs }),
    snapshot: (path, access, feed) =>
      serve.http('get', path, {
        access,
        answer: ({ request }) =>
          taggedJson(request, formatPosition(feed.position), () => JSON.stringify(feed.current.document)),
      }),
  };
  return serve;
}

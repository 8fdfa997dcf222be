import { Hono } from 'hono';
import { cors } from 'hono/cors';
import type { Origins } from '../access/origins.ts';
import type { Log } from '../core/log.ts';
import { problemResponse } from './problem.ts';

export interface RouterOptions {
  readonly origins: Pick<Origins, 'allowsHost'>;
  readonly log: Log;
  /** Paths that answer WebSocket upgrades; a plain GET to one is told so. */
  readonly isWebSocketPath: (path: string) => boolean;
}

/** What orchestrators ask, by whatever name they know us. */
const probes: ReadonlySet<string> = new Set(['/livez', '/readyz', '/health']);

/** The routes of the one HTTP server. Dialects add theirs. */
export type Router = Hono;

export function createRouter({ origins, log, isWebSocketPath }: RouterOptions): Router {
  const router = new Hono();
  router.use(async ({ req }, next) => {
    if (!probes.has(req.path) && !origins.allowsHost(req.raw)) {
      return problemResponse('HOST_REFUSED', { detail: 'see ALLOWED_HOSTS', effect: 'none' });
    }
    return await next();
  });
  router.notFound(({ req }) =>
    isWebSocketPath(req.path)
      ? problemResponse('UPGRADE_REQUIRED', { detail: `connect to ${req.path} with a WebSocket client` })
      : problemResponse('NOT_FOUND', { detail: `${req.method} ${req.path}` }),
  );
  router.onError((error, { req }) => {
    log.error({ err: error, method: req.method, path: req.path }, 'request failed');
    return problemResponse('INTERNAL');
  });
  return router;
}

/** From here on routes are for pages whose origin may read: those added before, which anybody may have, are not. */
export function admitOrigins(router: Router, origins: Pick<Origins, 'mayRead'>): void {
  router.use(async ({ req }, next) => {
    if (!origins.mayRead(req.raw)) {
      return problemResponse('ORIGIN_REFUSED', { detail: 'see ALLOWED_ORIGINS', effect: 'none' });
    }
    return await next();
  });
  // Everyone who gets here is allowed; the header repeats the origin, so that caches keep the answers apart.
  router.use(
    cors({ origin: (origin) => origin, exposeHeaders: ['ETag', 'Retry-After', 'X-Telemetry-State'] }),
  );
}

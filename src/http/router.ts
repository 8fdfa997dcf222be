import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { cors } from 'hono/cors';
import { hostRefused, type Origins, originRefused } from '../access/origins.ts';
import type { Refusals } from '../access/refusals.ts';
import type { Visitors } from '../access/visitors.ts';
import { Refusal } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { problemResponse } from './responses.ts';

export interface RouterOptions {
  readonly visitors: Visitors;
  readonly refusals: Refusals;
  readonly origins: Pick<Origins, 'allowsHost'>;
  readonly log: Log;
  /** Paths of WebSocket endpoints; a plain GET to one is told so. */
  readonly isWebSocketPath: (path: string) => boolean;
}

/** Orchestrators ask for these by whatever host name they know. */
const probes: ReadonlySet<string> = new Set(['/livez', '/readyz', '/health']);

/** The routes of the one HTTP server. Dialects add theirs. */
export type Router = Hono<{ Bindings: HttpBindings }>;
export type HttpContext = Context<{ Bindings: HttpBindings }>;
export type Handler = (context: HttpContext) => Promise<Response> | Response;

export function createRouter({ origins, visitors, refusals, log, isWebSocketPath }: RouterOptions): Router {
  const router: Router = new Hono();
  router.use(async ({ req, env }, next) => {
    if (env?.incoming !== undefined) visitors.note(req.raw, env.incoming);
    if (!probes.has(req.path) && !origins.allowsHost(req.raw)) {
      refusals.tell('http', hostRefused, req.raw);
      return problemResponse(hostRefused, 'none');
    }
    return await next();
  });
  router.notFound(({ req }) =>
    problemResponse(
      isWebSocketPath(req.path)
        ? new Refusal('UPGRADE_REQUIRED', { detail: `connect to ${req.path} with a WebSocket client` })
        : new Refusal('NOT_FOUND', { detail: `${req.method} ${req.path}` }),
    ),
  );
  router.onError((error, { req }) => {
    log.error({ err: error, method: req.method, path: req.path }, 'request failed');
    return problemResponse(new Refusal('INTERNAL'));
  });
  return router;
}

/** Restricts the routes added from now on to pages whose origin may read. */
export function admitOrigins(
  router: Router,
  { origins, refusals }: { readonly origins: Pick<Origins, 'mayRead'>; readonly refusals: Refusals },
): void {
  router.use(async ({ req }, next) => {
    if (!origins.mayRead(req.raw)) {
      refusals.tell('http', originRefused, req.raw);
      return problemResponse(originRefused, 'none');
    }
    return await next();
  });
  // Only allowed origins get here; repeating the origin makes caches keep the answers apart.
  router.use(
    cors({ origin: (origin) => origin, exposeHeaders: ['ETag', 'Retry-After', 'X-Telemetry-State'] }),
  );
}

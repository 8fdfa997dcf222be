import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { cors } from 'hono/cors';
import type { Access } from '../access/access.ts';
import { hostRefused, type Origins, originRefused } from '../access/origins.ts';
import { Refusal } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { problemResponse } from './responses.ts';

/** Orchestrators ask for these by whatever host name they know. */
const probes: ReadonlySet<string> = new Set(['/livez', '/readyz', '/health']);

/** The routes of the one HTTP server. Dialects add theirs. */
export type Router = Hono<{ Bindings: HttpBindings }>;
export type HttpContext = Context<{ Bindings: HttpBindings }>;
export type Handler = (context: HttpContext) => Promise<Response> | Response;

/** @param isWebSocketPath whether a WebSocket endpoint is there; a plain GET to one is told so */
export function createRouter(
  {
    origins,
    visitors,
    refusals,
  }: Pick<Access, 'visitors' | 'refusals'> & { readonly origins: Pick<Origins, 'allowsHost'> },
  log: Log,
  isWebSocketPath: (path: string) => boolean,
): Router {
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
  { origins, refusals }: Pick<Access, 'origins' | 'refusals'>,
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
    cors({
      origin: (origin) => origin,
      exposeHeaders: ['ETag', 'Retry-After', 'X-Telemetry-State', 'X-Telemetry-History-Since'],
    }),
  );
}

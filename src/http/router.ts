import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { cors } from 'hono/cors';
import { getPath } from 'hono/utils/url';
import type { Access } from '../access/access.ts';
import { Refusal } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Paths } from './paths.ts';
import { ignoredHeader } from './query.ts';
import { problemResponse } from './responses.ts';

/** Orchestrators ask for these by whatever host name they know. */
const probes: ReadonlySet<string> = new Set(['/livez', '/readyz', '/health']);

/** The routes of the one HTTP server. Dialects add theirs. */
export type Router = Hono<{ Bindings: HttpBindings }>;
export type HttpContext = Context<{ Bindings: HttpBindings }>;
export type Handler = (context: HttpContext) => Promise<Response> | Response;

/**
 * Handlers find the path that a request is routed by in `req.path`, and the one that was sent in `req.url`.
 * @param isWebSocketPath whether a WebSocket endpoint is there; a plain GET to one is told so
 */
export function createRouter(
  { visitors }: Pick<Access, 'visitors'>,
  log: Log,
  paths: Pick<Paths, 'routed'>,
  isWebSocketPath: (path: string) => boolean,
): Router {
  const router: Router = new Hono({ getPath: (request) => paths.routed(getPath(request)) });
  router.use(async ({ req, env }, next) => {
    if (env?.incoming !== undefined) visitors.note(req.raw, env.incoming);
    return await next();
  });
  router.notFound(({ req }) => {
    const asked = getPath(req.raw);
    return problemResponse(
      isWebSocketPath(req.path)
        ? new Refusal('UPGRADE_REQUIRED', { detail: `connect to ${asked} with a WebSocket client` })
        : new Refusal('NOT_FOUND', { detail: `${req.method} ${asked}` }),
    );
  });
  router.onError((error, { req }) => {
    log.error({ err: error, method: req.method, path: req.path }, 'request failed');
    return problemResponse(new Refusal('INTERNAL'));
  });
  return router;
}

/** The paths that were added to a router, without those of middleware. */
export function pathsOf({ routes }: Router): string[] {
  return routes.map(({ path }) => path).filter((path) => !path.endsWith('*'));
}

/** Restricts the routes added from now on, but for the probes, to requests that name the gateway by a known name. */
export function admitHosts(
  router: Router,
  { origins, refusals }: Pick<Access, 'origins' | 'refusals'>,
): void {
  router.use(async ({ req }, next) => {
    if (probes.has(req.path) || origins.allowsHost(req.raw)) return await next();
    const refusal = origins.hostRefusal(req.raw);
    refusals.tell('http', refusal, req.raw);
    return problemResponse(refusal, 'none');
  });
}

/** Restricts the routes added from now on to pages whose origin may read. */
export function admitOrigins(
  router: Router,
  { origins, refusals }: Pick<Access, 'origins' | 'refusals'>,
): void {
  router.use(async ({ req }, next) => {
    if (origins.mayRead(req.raw)) return await next();
    const refusal = origins.originRefusal(req.raw);
    refusals.tell('http', refusal, req.raw);
    return problemResponse(refusal, 'none');
  });
  // Only allowed origins get here; repeating the origin makes caches keep the answers apart.
  router.use(
    cors({
      origin: (origin) => origin,
      exposeHeaders: ['ETag', 'Retry-After', 'X-Telemetry-State', 'X-Telemetry-History-Since', ignoredHeader],
    }),
  );
}

import { z } from 'zod';
import type { Access } from '../access/access.ts';
import type { CredentialRequest } from '../access/credentials.ts';
import type { Principal } from '../access/principal.ts';
import { Refusal } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Paths } from './paths.ts';
import { ignoredHeaders, readQuery } from './query.ts';
import { problemResponse } from './responses.ts';
import { createRouter, type Router } from './router.ts';
import { HttpServer } from './server.ts';
import type { UpgradeRouter } from './upgrade.ts';

export interface Readiness {
  readonly ready: boolean;
  /** What is missing yet, and why. */
  readonly missing: readonly string[];
}

/** What orchestrators and monitoring ask for. */
export interface Operations {
  readonly health: () => object;
  readonly readiness: () => Readiness;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Connected clients, those furthest behind first. */
  readonly clients: (limit: number) => readonly object[];
}

/** Authorises a request; undefined: no one is asked for a token. */
export type MayRead = (request: CredentialRequest) => Promise<Principal | Refusal | undefined>;

export interface OperationsAccess {
  /** Undefined: metrics are not served here. */
  readonly metrics: MayRead | undefined;
  readonly clients: MayRead;
}

/** Listing them blocks the event loop. */
const maxClients = 1000;
const expected = `expected a whole number from 1 to ${maxClients}`;
const clientsQuery = z.object({
  limit: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, { error: expected })
    .transform(Number)
    .pipe(z.number().max(maxClients, { error: expected }))
    .default(maxClients),
});

/** Liveness, readiness, health, metrics and the list of clients. */
export function addOperationsRoutes(router: Router, operations: Operations, access: OperationsAccess): void {
  router.get('/livez', (context) => context.json({ status: 'alive' }));
  router.get('/readyz', (context) => {
    const state = operations.readiness();
    return context.json(state, state.ready ? 200 : 503);
  });
  router.get('/health', (context) => context.json(operations.health()));
  const { metrics: mayReadMetrics } = access;
  if (mayReadMetrics !== undefined) {
    router.get('/metrics', async (context) => {
      const verdict = await mayReadMetrics(context.req.raw);
      if (verdict instanceof Refusal) return problemResponse(verdict);
      const { contentType, text } = await operations.metrics();
      return context.body(text, 200, { 'content-type': contentType });
    });
  }
  router.get('/api/clients', async ({ req }) => {
    const verdict = await access.clients(req.raw);
    if (verdict instanceof Refusal) return problemResponse(verdict);
    const read = readQuery(new URL(req.url).searchParams, clientsQuery);
    if (read instanceof Refusal) return problemResponse(read);
    const headers = { 'cache-control': 'no-store', ...ignoredHeaders(read.ignored) };
    return Response.json(operations.clients(read.query.limit), { headers });
  });
}

const everyone = async () => undefined;
/** Enough for probes, scrapes and a few people. */
const places = { max: 100, maxPerPeer: 0, peerOf: () => undefined };

/** Health, metrics and clients for those in the same network: no tokens, no host checks. */
export function createOpsRouter(
  operations: Operations,
  access: Pick<Access, 'visitors'>,
  log: Log,
  paths: Paths,
): Router {
  const router = createRouter(access, log, paths, () => false);
  addOperationsRoutes(router, operations, { metrics: everyone, clients: everyone });
  return router;
}

/** Serves these on a port of their own. */
export function opsServer(
  router: Router,
  log: Log,
  {
    port,
    host,
    upgrades,
  }: {
    readonly port: number;
    readonly host: string;
    /** Without routes: refuses every upgrade. */
    readonly upgrades: UpgradeRouter;
  },
): HttpServer {
  return new HttpServer(router, upgrades, log, { port, host, places, setting: 'OPS_PORT' });
}

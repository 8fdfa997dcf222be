import type { Access } from '../access/access.ts';
import type { CredentialRequest } from '../access/credentials.ts';
import type { Principal } from '../access/principal.ts';
import { Refusal } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
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
    const limit = req.query('limit') ?? `${maxClients}`;
    if (!/^[1-9]\d{0,3}$/.test(limit) || Number(limit) > maxClients) {
      const detail = `limit: expected a whole number from 1 to ${maxClients}`;
      return problemResponse(new Refusal('BAD_OPTION', { detail }));
    }
    return Response.json(operations.clients(Number(limit)), { headers: { 'cache-control': 'no-store' } });
  });
}

const everyone = async () => undefined;
/** Enough for probes, scrapes and a few people. */
const places = { max: 100, maxPerPeer: 0, peerOf: () => undefined };

/** Health, metrics and clients on a port of their own, for those in the same network: no tokens, no host checks. */
export function opsServer(
  operations: Operations,
  access: Access,
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
  const router = createRouter(access, log, () => false);
  addOperationsRoutes(router, operations, { metrics: everyone, clients: everyone });
  return new HttpServer(router, upgrades, log, { port, host, places, setting: 'OPS_PORT' });
}

import { addOperationsRoutes, type Operations, type OperationsAccess } from './operations.ts';
import { createRouter, type RouterOptions } from './router.ts';
import { createHttpServer, type HttpServer } from './server.ts';
import type { UpgradeHandler } from './upgrade.ts';

export interface OpsServerOptions extends Omit<RouterOptions, 'origins' | 'isWebSocketPath'> {
  readonly port: number;
  readonly host: string;
  /** Refuses upgrades: none is served here. */
  readonly upgrade: UpgradeHandler;
}

const everyone = async () => undefined;
const open: OperationsAccess = { metrics: everyone, clients: everyone };
/** Probes, scrapes and a few people. */
const places = { max: 100, maxPerPeer: 0, peerOf: () => undefined };

/** Health, metrics and clients on a port of their own, for those in the same network: no tokens, no host checks. */
export function createOpsServer(
  operations: Operations,
  { port, host, upgrade, ...options }: OpsServerOptions,
): HttpServer {
  const origins = { allowsHost: () => true };
  const router = createRouter({ ...options, origins, isWebSocketPath: () => false });
  addOperationsRoutes(router, operations, open);
  const { log } = options;
  return createHttpServer(router, upgrade, log, {
    port,
    extraPorts: [],
    host,
    places,
    setting: 'OPS_PORT',
  });
}

import type { Access } from '../access/access.ts';
import { socketsPossible } from '../access/connection-limits.ts';
import { peerGroup } from '../access/visitors.ts';
import type { Clock } from '../core/clock.ts';
import { Refusal } from '../core/errors.ts';
import { addBuiltPage } from '../http/built-page.ts';
import { addOperationsRoutes, type Operations } from '../http/operations.ts';
import { createOpsServer } from '../http/ops-server.ts';
import { addPage } from '../http/page.ts';
import { addPassthrough } from '../http/passthrough.ts';
import { admitOrigins, createRouter } from '../http/router.ts';
import { createHttpServer } from '../http/server.ts';
import { createUpgradeRouter } from '../http/upgrade.ts';
import type { Engine } from '../source/engine.ts';
import { type ApiInfo, addApiDescription } from './asyncapi.ts';
import { createServe, type Serve, type Served, type ServeParts } from './serve.ts';
import type { ServiceParts } from './service.ts';

/** Settings by their names. */
export interface FrontSettings {
  readonly HOST: string;
  readonly PORT: number;
  readonly EXTRA_PORTS: readonly number[];
  readonly OPS_PORT?: number | undefined;
  readonly OPS_HOST?: string | undefined;
  readonly METRICS_AUTH: boolean;
  readonly TRUST_PROXY: number;
  readonly MAX_CONNECTIONS_PER_IP: number;
  readonly ENGINE_URL: string;
  readonly ENGINE_PASSTHROUGH: readonly string[];
  readonly ENGINE_PASSTHROUGH_HEADERS: readonly string[];
}

export interface FrontParts extends ServiceParts {
  readonly access: Access;
  readonly engine: Pick<Engine, 'placeFor' | 'forward'>;
  readonly operations: Operations;
  readonly info: ApiInfo;
  readonly clock: Clock;
}

/** All that is reached from outside, on one port: dialects, pages, operations, and the way through to the engine. */
export interface Front {
  /** Endpoints of the dialects. */
  readonly served: readonly Served[];
  /** How a dialect is served. Not after `listen`. */
  serveFor(dialect: string): Serve;
  /** Rejects where a port cannot be had. */
  listen(): Promise<{ readonly port: number; readonly url: string; readonly opsPort: number | undefined }>;
  /** Refuses what is new. */
  stopAccepting(): void;
  close(): Promise<void>;
}

const flood = new Refusal('TOO_MANY_REQUESTS', { detail: 'too many at once on one socket' });
/** Heard also where all sockets are taken, however it is written. */
const vital = /^\/(livez|readyz|health|.*\/(halt|resume))\/?(\?|$)/i;

export function createFront(settings: FrontSettings, parts: FrontParts): Front {
  const { access, engine, operations, info, clock, log, meter } = parts;
  const { policies, refusals } = access;
  const upgrades = createUpgradeRouter({ log, meter, access });
  const router = createRouter({ ...access, log, isWebSocketPath: upgrades.serves });
  // Built, whether this file is or not; the other page is served as it is written.
  addBuiltPage(router, '/', new URL('../../dist/dashboard/', import.meta.url));
  addPage(router, '/websocket-test', new URL('../dashboard/websocket-test.html', import.meta.url));
  admitOrigins(router, access);
  addOperationsRoutes(router, operations, {
    metrics:
      settings.OPS_PORT === undefined
        ? async (request) =>
            settings.METRICS_AUTH ? await access.authorise(request, policies.measuring) : undefined
        : undefined,
    clients: (request) => access.authorise(request, policies.viewingAnything, policies.operating),
  });
  const served: Served[] = [];
  addApiDescription(router, info, () => served.filter(({ transport }) => transport === 'websocket'));
  const inPlaceOfEngine: ServeParts['inPlaceOfEngine'] = new Map();
  const outlets: ServeParts = { ...parts, upgrades, router, served, inPlaceOfEngine };
  const forward = () =>
    addPassthrough(router, {
      prefixes: settings.ENGINE_PASSTHROUGH,
      furtherHeaders: settings.ENGINE_PASSTHROUGH_HEADERS,
      engineUrl: settings.ENGINE_URL,
      engine,
      take: (path) => inPlaceOfEngine.get(path),
      ...{ clock, log, meter },
      authorise: (request, unsafe) =>
        access.authorise(request, policies.viewingAnything, unsafe ? policies.forwarding : undefined),
    });
  const { HOST: host, OPS_PORT: opsPort } = settings;
  const server = createHttpServer(router, upgrades.handle, log, {
    port: settings.PORT,
    extraPorts: settings.EXTRA_PORTS,
    host,
    places: {
      max: socketsPossible(),
      // Behind a proxy all sockets are the proxy's.
      maxPerPeer: settings.TRUST_PROXY === 0 ? 4 * settings.MAX_CONNECTIONS_PER_IP : 0,
      peerOf: ({ remoteAddress }) => peerGroup(remoteAddress),
    },
    isVital: ({ url = '' }) => vital.test(url),
    onFlood: (request) => refusals.tell('http', flood, request),
  });
  const opsServer =
    opsPort === undefined
      ? undefined
      : createOpsServer(operations, {
          ...{ ...access, log, upgrade: createUpgradeRouter({ log, meter, access }).handle },
          port: opsPort,
          host: settings.OPS_HOST ?? host,
        });

  return {
    served,
    serveFor: (dialect) => createServe(dialect, outlets),
    async listen() {
      // After the dialects, whose paths are their own whatever is forwarded around them.
      forward();
      const port = await server.listen();
      const url = `http://${host === '0.0.0.0' || host === '::' ? 'localhost' : host}:${port}`;
      return { port, url, opsPort: await opsServer?.listen() };
    },
    stopAccepting() {
      upgrades.stop();
      server.stopAccepting();
    },
    async close() {
      await Promise.all([server.close(), opsServer?.close()]);
    },
  };
}

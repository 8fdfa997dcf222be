import { Access, type AccessOptions } from './access/access.ts';
import { peerGroup } from './access/client-address.ts';
import { socketsPossible } from './access/open-file-limit.ts';
import { createVerifier } from './access/verifier.ts';
import { authEnabled, isLoopbackHost, verifierOptions } from './config/safety.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { Refusal } from './core/errors.ts';
import type { Log } from './core/log.ts';
import { randomId } from './core/random.ts';
import { Hub, hubDefaults } from './deliver/hub.ts';
import { type KeepaliveLimits, keepaliveDefaults } from './deliver/keepalive.ts';
import { Sessions } from './deliver/sessions.ts';
import { Views } from './deliver/views.ts';
import { Feeds } from './feed/feeds.ts';
import { HistoryBudget } from './feed/history.ts';
import { addApiDescription, createApiDescription } from './http/asyncapi.ts';
import { addBuiltPage } from './http/built-page.ts';
import { addOperationsRoutes, type Operations } from './http/operations.ts';
import { createOpsServer } from './http/ops-server.ts';
import { addPage } from './http/page.ts';
import { addPassthrough, type TakePath } from './http/passthrough.ts';
import { admitOrigins, createRouter } from './http/router.ts';
import { createHttpServer } from './http/server.ts';
import { createUpgradeRouter } from './http/upgrade.ts';
import { createHealth } from './observe/health.ts';
import { createLogRecorder } from './observe/log-recorder.ts';
import { createPrometheusMeter } from './observe/prometheus.ts';
import { createDiagnostics } from './protocol/diagnostics/diagnostics.ts';
import { createStreams } from './protocol/streams/streams.ts';
import { createTelemetry } from './protocol/telemetry/telemetry.ts';
import type { Settings } from './settings.ts';
import { createEngineClient } from './source/engine-client.ts';
import { createEngineTraffic } from './source/engine-traffic.ts';
import { countingEvents, createMemoryEvents, type EventSource } from './source/events.ts';
import { createRedisEvents } from './source/redis-events.ts';
import { createSourceBoard } from './source/source-board.ts';
import { version } from './version.ts';

export type GatewaySettings = Settings & { readonly ENGINE_URL: string };

export interface GatewayOptions {
  readonly settings: GatewaySettings;
  readonly log: Log;
  /** Where commands leave their lines, whatever level `log` has. Default: `log`. */
  readonly audit?: Log;
  /** Where events come from without Redis. Default: nowhere. */
  readonly events?: EventSource;
  /** When clients are pinged, and how long they may be silent or slow. Default: those of the protocol. */
  readonly keepalive?: KeepaliveLimits;
  /** What delivery and freshness go by. Default: the system's. */
  readonly clock?: Clock;
}

/** What the gateway knows of a dialect. */
interface Dialect {
  /** Events may have been missed: Redis was away. */
  onReconnected?(): void;
  /** Called first at the end: finishes, within the time, what must not be cut off, and begins no more of it. */
  settle?(withinMs: number): Promise<void>;
  /** Stops its sources. */
  close(): Promise<void> | void;
}

export interface Gateway {
  /** Listens, then starts the sources. Rejects where the port cannot be had. */
  start(): Promise<{ readonly port: number; readonly url: string; readonly opsPort: number | undefined }>;
  /** Tells every client, waits for them within `SHUTDOWN_TIMEOUT_MS`, and releases everything. */
  stop(reason: string): Promise<void>;
}

const flood = new Refusal('TOO_MANY_REQUESTS', { detail: 'too many at once on one socket' });
/** What clients are left to hear of the end, however long that which was finished before took. */
const leastDrainMs = 250;

/** Puts the gateway together: sources → document → view → sessions, on one port. */
export function createGateway({
  settings,
  log: writtenLog,
  audit = writtenLog,
  events = createMemoryEvents(),
  keepalive = keepaliveDefaults,
  clock = systemClock,
}: GatewayOptions): Gateway {
  const dialects: Dialect[] = [];
  const recorder = createLogRecorder(writtenLog);
  const { log } = recorder;
  const meter = createPrometheusMeter();
  const board = createSourceBoard({ clock, log, meter });
  const hub = new Hub({ clock, meter, ...hubDefaults });
  const feeds = new Feeds(
    clock,
    new HistoryBudget({
      historySeconds: settings.HISTORY_SECONDS,
      historyMaxBytes: settings.HISTORY_MAX_BYTES,
    }),
  );
  const views = new Views({ hub, clock, maxViews: settings.MAX_RENDITIONS });
  const sessions = new Sessions({ hub, clock, meter });

  // In
  const traffic = createEngineTraffic({
    client: createEngineClient({
      url: settings.ENGINE_URL,
      ...(settings.ENGINE_TOKEN === undefined ? {} : { token: settings.ENGINE_TOKEN }),
    }),
    ...{ board, clock, meter },
  });
  const { client } = traffic;
  const eventSource = countingEvents(
    settings.REDIS_URL === undefined
      ? events
      : createRedisEvents({
          url: settings.REDIS_URL,
          clock,
          log,
          meter,
          board,
          requiredChannel: settings.REDIS_STATE_CHANNEL,
          onConnected: () => dialects.forEach((dialect) => void dialect.onReconnected?.()),
        }),
    meter,
  );

  // Who
  const access = new Access(accessOptions(settings), {
    verifier: authEnabled(settings) ? createVerifier(verifierOptions(settings)) : undefined,
    ...{ clock, log, meter },
    dismissViewer: () => sessions.dismissFurthestBehind(),
  });
  const { policies, refusals } = access;

  // Out
  const upgrades = createUpgradeRouter({ log, meter, access });
  const router = createRouter({ ...access, log, isWebSocketPath: upgrades.serves });
  // Built, whether this file is or not; the other page is served as it is written.
  addBuiltPage(router, '/', new URL('../dist/dashboard/', import.meta.url));
  addPage(router, '/websocket-test', new URL('./dashboard/websocket-test.html', import.meta.url));
  admitOrigins(router, access);
  const health = createHealth({ clock, version, board, clients: () => sessions.size });
  const operations: Operations = {
    ...health,
    metrics: async () => ({ contentType: meter.contentType, text: await meter.text() }),
    clients: (limit) => sessions.states(limit),
  };
  addOperationsRoutes(router, operations, {
    metrics:
      settings.OPS_PORT === undefined
        ? async (request) =>
            settings.METRICS_AUTH ? await access.authorise(request, policies.measuring) : undefined
        : undefined,
    clients: (request) => access.authorise(request, policies.viewingAnything, policies.operating),
  });
  const api = createApiDescription({
    title: 'telemetry-bff',
    version,
    description: 'Real-time telemetry of an engine for dashboards',
  });
  addApiDescription(router, api);
  const parts = {
    ...{ client, traffic, board, events: eventSource, feeds, hub, views, sessions, keepalive },
    ...{ upgrades, router, api, access, clock, log, audit, meter, newConnectionId: randomId },
  };
  /** Whose the engine's command paths are, once a dialect has commands. */
  let takePath: TakePath = () => undefined;
  const build: Readonly<Record<string, () => Dialect>> = {
    telemetry() {
      const telemetry = createTelemetry(settings, parts);
      takePath = telemetry.takePath;
      return telemetry;
    },
    diagnostics: () =>
      createDiagnostics(settings, {
        ...parts,
        newConnectionId: () => crypto.randomUUID(),
        onRecord: recorder.onRecord,
        deliveryLog: writtenLog,
      }),
    streams: () => createStreams(settings, parts),
  };
  for (const name of settings.DIALECTS) {
    const dialect = build[name]?.();
    if (dialect !== undefined) dialects.push(dialect);
  }
  // After the dialects, whose paths are their own whatever is forwarded around them.
  const endPassthrough = addPassthrough(router, {
    prefixes: settings.ENGINE_PASSTHROUGH,
    furtherHeaders: settings.ENGINE_PASSTHROUGH_HEADERS,
    engineUrl: settings.ENGINE_URL,
    engineToken: settings.ENGINE_TOKEN,
    take: takePath,
    ...{ clock, log, meter },
    authorise: (request, unsafe) =>
      access.authorise(request, policies.viewingAnything, unsafe ? policies.forwarding : undefined),
  });
  const server = createHttpServer(router, upgrades.handle, log, {
    port: settings.PORT,
    extraPorts: settings.EXTRA_PORTS,
    host: settings.HOST,
    places: {
      max: socketsPossible(),
      // Behind a proxy all sockets are the proxy's.
      maxPerPeer: settings.TRUST_PROXY === 0 ? 4 * settings.MAX_CONNECTIONS_PER_IP : 0,
      peerOf: ({ remoteAddress }) => peerGroup(remoteAddress),
    },
    isVital: ({ url = '' }) => /^\/(livez|readyz|health|.*\/(halt|resume))\/?(\?|$)/i.test(url),
    onFlood: (request) => refusals.tell('http', flood, request),
  });
  const opsServer =
    settings.OPS_PORT === undefined
      ? undefined
      : createOpsServer(operations, {
          ...{ ...access, log, upgrade: createUpgradeRouter({ log, meter, access }).handle },
          port: settings.OPS_PORT,
          host: settings.OPS_HOST ?? settings.HOST,
        });

  return {
    async start() {
      const port = await server.listen();
      const url = `http://${settings.HOST === '0.0.0.0' || settings.HOST === '::' ? 'localhost' : settings.HOST}:${port}`;
      const opsPort = await opsServer?.listen();
      log.info({ port, url, ops_port: opsPort }, 'listening');
      feeds.start();
      eventSource.start();
      return { port, url, opsPort };
    },
    async stop(reason) {
      log.info({ reason, clients: sessions.size }, 'shutdown');
      upgrades.stop();
      server.stopAccepting();
      const until = clock.monotonic() + settings.SHUTDOWN_TIMEOUT_MS;
      // Before the clients go, who are to hear how it ended.
      await Promise.all(dialects.map((dialect) => dialect.settle?.(settings.SHUTDOWN_TIMEOUT_MS)));
      const drainMs = Math.max(
        until - clock.monotonic(),
        Math.min(leastDrainMs, settings.SHUTDOWN_TIMEOUT_MS),
      );
      await Promise.all(dialects.map((dialect) => dialect.close()));
      board.close();
      await Promise.all([eventSource.close(), client.close(), endPassthrough(), sessions.shutDown(drainMs)]);
      await Promise.all([server.close(), opsServer?.close()]);
    },
  };
}

function accessOptions(settings: GatewaySettings): AccessOptions {
  return {
    allowed: settings.ALLOWED_ORIGINS,
    hosts: settings.ALLOWED_HOSTS,
    onLoopback: isLoopbackHost(settings.HOST),
    trustedProxies: settings.TRUST_PROXY,
    demanding: settings.AUTH_DIALECTS,
    defaultRole: settings.AUTH_DEFAULT_ROLE,
    allowCommands: settings.ALLOW_COMMANDS,
    allowIngest: settings.ALLOW_INGEST,
    maxConnections: settings.MAX_CONNECTIONS,
    maxConnectionsPerIp: settings.MAX_CONNECTIONS_PER_IP,
  };
}

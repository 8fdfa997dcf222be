import { Access } from './access/access.ts';
import { accessOptions, historyOptions, verifierFor } from './config/options.ts';
import { type Clock, systemClock } from './core/clock.ts';
import type { Log } from './core/log.ts';
import { Hub, hubDefaults } from './deliver/hub.ts';
import { type KeepaliveLimits, keepaliveDefaults } from './deliver/keepalive.ts';
import { Sessions } from './deliver/sessions.ts';
import { Views } from './deliver/views.ts';
import { dialects as builtIn } from './dialects.ts';
import { Feeds } from './feed/feeds.ts';
import { HistoryBudget } from './feed/history.ts';
import type { Operations } from './http/operations.ts';
import { createHealth } from './observe/health.ts';
import { createLogRecorder } from './observe/log-recorder.ts';
import { createPrometheusMeter } from './observe/prometheus.ts';
import type { Context, Running } from './protocol/dialect.ts';
import { createFront, type Front } from './serve/front.ts';
import type { Settings } from './settings.ts';
import { Engine } from './source/engine.ts';
import { EngineClient } from './source/engine-client.ts';
import { countingEvents, type Events, MemoryEvents } from './source/events.ts';
import { RedisEvents } from './source/redis-events.ts';
import { SourceBoard } from './source/source-board.ts';
import { info } from './version.ts';

export type GatewaySettings = Settings & { readonly ENGINE_URL: string };

/** What is asked of a dialect, whatever settings it has. */
interface ServedDialect {
  readonly name: string;
  create(context: Context, settings: GatewaySettings): Running;
}

export interface GatewayOptions {
  readonly settings: GatewaySettings;
  readonly log: Log;
  /** Where commands leave their lines, whatever level `log` has. Default: `log`. */
  readonly audit?: Log;
  /** Where events come from without Redis. Default: nowhere. */
  readonly events?: Events;
  /** When clients are pinged, and how long they may be silent or slow. Default: those of the protocol. */
  readonly keepalive?: KeepaliveLimits;
  /** What delivery and freshness go by. Default: the system's. */
  readonly clock?: Clock;
  /** Default: those built in that `DIALECTS` names. */
  readonly dialects?: readonly ServedDialect[];
}

export interface Gateway {
  /** Its endpoints. */
  readonly served: Front['served'];
  /** Listens, then starts the sources. Rejects where the port cannot be had. */
  start(): Promise<{ readonly port: number; readonly url: string; readonly opsPort: number | undefined }>;
  /** Tells every client, waits for them within `SHUTDOWN_TIMEOUT_MS`, and releases everything. */
  stop(reason: string): Promise<void>;
}

/** What clients are left to hear of the end, however long that which was finished before took. */
const leastDrainMs = 250;

/** Puts the gateway together: sources → document → view → sessions, on one port. */
export function createGateway({
  settings,
  log: writtenLog,
  audit = writtenLog,
  events: otherEvents = new MemoryEvents(),
  keepalive = keepaliveDefaults,
  clock = systemClock,
  dialects = namedBy(settings),
}: GatewayOptions): Gateway {
  const running: Running[] = [];
  const recorder = createLogRecorder(writtenLog);
  const { log } = recorder;
  const meter = createPrometheusMeter();
  const board = new SourceBoard({ clock, log, meter });
  const hub = new Hub({ clock, meter, ...hubDefaults });
  const feeds = new Feeds(clock, new HistoryBudget(historyOptions(settings)));
  const views = new Views({ hub, clock, maxViews: settings.MAX_RENDITIONS });
  const sessions = new Sessions({ hub, clock, meter });

  // In
  const client = new EngineClient({ url: settings.ENGINE_URL, token: settings.ENGINE_TOKEN });
  const engine = new Engine({ client, board, clock, meter });
  const { REDIS_URL, REDIS_STATE_CHANNEL: requiredChannel } = settings;
  const onConnected = () => running.forEach((dialect) => void dialect.onReconnected?.());
  const heard =
    REDIS_URL === undefined
      ? otherEvents
      : new RedisEvents({ url: REDIS_URL, requiredChannel, onConnected, board, clock, log, meter });
  const events = countingEvents(heard, meter);

  // Who
  const access = new Access(accessOptions(settings), {
    verifier: verifierFor(settings),
    ...{ clock, log, meter },
    dismissViewer: () => sessions.dismissFurthestBehind(),
  });

  // Out
  const operations: Operations = {
    ...createHealth({ clock, version: info.version, board, clients: () => sessions.size }),
    metrics: async () => ({ contentType: meter.contentType, text: await meter.text() }),
    clients: (limit) => sessions.states(limit),
  };
  const front = createFront(settings, {
    access,
    engine,
    operations,
    info,
    sessions,
    keepalive,
    clock,
    log,
    meter,
  });

  const shared: Omit<Context, 'serve'> = {
    ...{ clock, log, audit, unrecordedLog: writtenLog, onRecord: recorder.onRecord, meter },
    ...{ engine, board, events, feeds, views, hub, access, sessions },
  };
  for (const dialect of dialects) {
    running.push(dialect.create({ ...shared, serve: front.serveFor(dialect.name) }, settings));
  }

  return {
    served: front.served,
    async start() {
      const address = await front.listen();
      const { port, url, opsPort } = address;
      log.info({ port, url, ops_port: opsPort }, 'listening');
      feeds.start();
      events.start();
      return address;
    },
    async stop(reason) {
      log.info({ reason, clients: sessions.size }, 'shutdown');
      front.stopAccepting();
      const until = clock.monotonic() + settings.SHUTDOWN_TIMEOUT_MS;
      // Before the clients go, who are to hear how it ended.
      await Promise.all(running.map((dialect) => dialect.settle?.(settings.SHUTDOWN_TIMEOUT_MS)));
      const drainMs = Math.max(
        until - clock.monotonic(),
        Math.min(leastDrainMs, settings.SHUTDOWN_TIMEOUT_MS),
      );
      await Promise.all(running.map((dialect) => dialect.close?.()));
      board.close();
      const ends = [events.close(), engine.close(), sessions.shutDown(drainMs)];
      await Promise.all(ends);
      await front.close();
    },
  };
}

/** Those built in, in the order in which `DIALECTS` names them. */
function namedBy({ DIALECTS }: GatewaySettings): readonly ServedDialect[] {
  return DIALECTS.flatMap((name) => builtIn.filter((dialect) => dialect.name === name));
}

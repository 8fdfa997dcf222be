import { Access, type AccessOptions } from './access/access.ts';
import { ConfigError } from './config/config-error.ts';
import { isLoopbackHost, verifierFor } from './config/safety.ts';
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
import { Health } from './observe/health.ts';
import { LogRecorder } from './observe/log-recorder.ts';
import { PrometheusMeter } from './observe/prometheus.ts';
import type { Context, Running } from './protocol/dialect.ts';
import { Front } from './serve/front.ts';
import type { Settings } from './settings.ts';
import { Engine } from './source/engine.ts';
import { EngineClient } from './source/engine-client.ts';
import { countingEvents, type Events, MemoryEvents } from './source/events.ts';
import { RedisEvents } from './source/redis-events.ts';
import { SourceBoard } from './source/source-board.ts';
import { info } from './version.ts';

export type GatewaySettings = Settings & { readonly ENGINE_URL: string };

interface ServedDialect {
  readonly name: string;
  create(context: Context, settings: GatewaySettings): Running;
}

export interface GatewayOptions {
  readonly settings: GatewaySettings;
  readonly log: Log;
  /** Audit log of commands, whatever level `log` has. Default: `log`. */
  readonly audit?: Log | undefined;
  /** Source of events without Redis. Default: none. */
  readonly events?: Events | undefined;
  readonly keepalive?: KeepaliveLimits | undefined;
  readonly clock?: Clock | undefined;
  /** Default: those built in that `DIALECTS` names. */
  readonly dialects?: readonly ServedDialect[] | undefined;
}

type Address = Awaited<ReturnType<Front['listen']>>;

/** Least time for clients to drain, however long settling took. */
const leastDrainMs = 250;

/** The gateway put together: sources → document → view → sessions, on one port. */
export class Gateway {
  readonly #settings: GatewaySettings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #board: Context['board'];
  readonly #feeds: Feeds;
  readonly #sessions: Sessions;
  readonly #engine: Engine;
  readonly #events: Events;
  readonly #front: Front;
  readonly #running: Running[] = [];

  constructor({
    settings,
    log: writtenLog,
    audit = writtenLog,
    events: otherEvents = new MemoryEvents(),
    keepalive = keepaliveDefaults,
    clock = systemClock,
    dialects = namedBy(settings),
  }: GatewayOptions) {
    const log = new LogRecorder(writtenLog);
    const meter = new PrometheusMeter();
    const board = new SourceBoard({ clock, log, meter });
    const hub = new Hub({ clock, meter, ...hubDefaults });
    const { HISTORY_SECONDS: historySeconds, HISTORY_MAX_BYTES: historyMaxBytes } = settings;
    const feeds = new Feeds(clock, new HistoryBudget({ historySeconds, historyMaxBytes }));
    const views = new Views({ hub, clock, maxViews: settings.MAX_RENDITIONS });
    const sessions = new Sessions({ hub, clock, meter });

    // In
    const client = new EngineClient({ url: settings.ENGINE_URL, token: settings.ENGINE_TOKEN });
    const engine = new Engine({ client, board, clock, meter });
    const { REDIS_URL, REDIS_STATE_CHANNEL: requiredChannel } = settings;
    const onConnected = () => this.#running.forEach((dialect) => void dialect.onReconnected?.());
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
    const health = new Health(clock, info.version, board, () => sessions.size);
    const operations: Operations = {
      health: () => health.health(),
      readiness: () => health.readiness(),
      metrics: async () => ({ contentType: meter.contentType, text: await meter.text() }),
      clients: (limit) => sessions.states(limit),
    };
    const front = new Front(settings, {
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

    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#board = board;
    this.#feeds = feeds;
    this.#sessions = sessions;
    this.#engine = engine;
    this.#events = events;
    this.#front = front;
    const shared: Omit<Context, 'serve'> = {
      ...{
        clock,
        log,
        audit,
        unrecordedLog: writtenLog,
        onRecord: (listener) => log.onRecord(listener),
        meter,
      },
      ...{ engine, board, events, feeds, views, hub, access, sessions },
    };
    for (const dialect of dialects) {
      this.#running.push(dialect.create({ ...shared, serve: front.serveFor(dialect.name) }, settings));
    }
    const { aliasFaults } = front;
    if (aliasFaults.length > 0) throw new ConfigError(aliasFaults);
  }

  /** Its endpoints. */
  get served(): Front['served'] {
    return this.#front.served;
  }

  /** Listens, then starts the sources. Rejects where the port cannot be had. */
  async start(): Promise<Address> {
    const address = await this.#front.listen();
    const { port, url, opsPort } = address;
    this.#log.info({ port, url, ops_port: opsPort }, 'listening');
    this.#feeds.start();
    this.#events.start();
    return address;
  }

  /** Closes every session, waits for them within `SHUTDOWN_TIMEOUT_MS`, and releases everything. */
  async stop(reason: string): Promise<void> {
    const { SHUTDOWN_TIMEOUT_MS: timeoutMs } = this.#settings;
    this.#log.info({ reason, clients: this.#sessions.size }, 'shutdown');
    this.#front.stopAccepting();
    const until = this.#clock.monotonic() + timeoutMs;
    // Before the sessions close, so that clients learn the outcome.
    await Promise.all(this.#running.map((dialect) => dialect.settle?.(timeoutMs)));
    const drainMs = Math.max(until - this.#clock.monotonic(), Math.min(leastDrainMs, timeoutMs));
    await Promise.all(this.#running.map((dialect) => dialect.close?.()));
    this.#board.close();
    await Promise.all([this.#events.close(), this.#engine.close(), this.#sessions.shutDown(drainMs)]);
    await this.#front.close();
  }
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

/** The built-in ones that `DIALECTS` names, in its order. */
function namedBy({ DIALECTS }: GatewaySettings): readonly ServedDialect[] {
  return DIALECTS.flatMap((name) => builtIn.filter((dialect) => dialect.name === name));
}

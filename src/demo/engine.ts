import { getRequestListener } from '@hono/node-server';
import { type Clock, systemClock } from '../core/clock.ts';
import { Diagnostics } from './diagnostics/diagnostics.ts';
import { EngineClock } from './engine-clock.ts';
import { FaultControl } from './fault.ts';
import { Instances } from './instance/instances.ts';
import { LogFiles } from './instance/log-files.ts';
import { InstanceLogs } from './instance/logs.ts';
import { scenario } from './instance/scenario.ts';
import { Listener } from './listener.ts';
import type { DemoLog } from './log.ts';
import { Market } from './market.ts';
import { Messages } from './message/messages.ts';
import { Metrics } from './metrics/metrics.ts';
import { Part, together } from './part.ts';
import { marketEvents, type Publish, Publisher } from './publisher.ts';
import { createRouter } from './router.ts';
import { instanceRoutes, messageRoutes, metricsRoutes, systemRoutes } from './routes.ts';

export interface DemoEngineOptions {
  /** 0 picks a free port. Default 8000. */
  port?: number | undefined;
  /** Default 127.0.0.1: anybody who reaches it may switch faults on. */
  host?: string | undefined;
  /** Whole number; the same seed gives the same market, instances, messages, metrics and diagnostics. Default 1. */
  seed?: number | undefined;
  /**
   * Where events go: the market's to `channel`, the others to `instance_events`, `message_events` and
   * `diagnostics:log`, `:persona_entry`, `:graph_update`, `:llm`. Default: nowhere.
   */
  publish?: Publish | undefined;
  /** Default `state_update`. */
  channel?: string | undefined;
  /** Price events between the steps. Default 2; 0: none (status and log changes are still published). */
  eventsPerSecond?: number | undefined;
  /** Milliseconds from one step of the market to the next. Default 1000. */
  stepMs?: number | undefined;
  /**
   * How often things happen besides the market, to the instances, their logs, messages, metrics and diagnostics: 1,
   * the default, is for people to watch, 10 is ten times as often; 0: only what calls ask for.
   */
  activity?: number | undefined;
  /** Folder for `<name>.log` of each instance. Default: none, logs are kept in memory only. */
  logDir?: string | undefined;
  /** A log file that would become larger is rotated to `<name>.log.1`. Default 16 KiB. */
  logMaxBytes?: number | undefined;
  /** Default: the system's. */
  clock?: Clock | undefined;
  log?: DemoLog | undefined;
}

const silentLog: DemoLog = { info: () => {}, warn: () => {} };

/** A trading engine and its agents to try the gateway with: real HTTP, all seeded, faults on demand. */
export class DemoEngine {
  readonly market: Market;
  /** The same changes as `POST /api/instances/:name/…`. */
  readonly instances: Instances;
  readonly messages: Messages;
  /** The same switches as `POST /demo/fault`. */
  readonly faults: FaultControl;
  readonly #host: string;
  readonly #log: DemoLog;
  readonly #listener: Listener;
  readonly #files: LogFiles | undefined;
  /** All that goes on by itself. */
  readonly #life: Part;
  #stopped = false;

  constructor(options: DemoEngineOptions = {}) {
    const { port = 8000, host = '127.0.0.1', seed = 1, stepMs = 1000, eventsPerSecond = 2 } = options;
    const { activity = 1, logDir, logMaxBytes = 16 * 1024, publish } = options;
    const { channel = 'state_update', log = silentLog, clock: givenClock = systemClock } = options;
    this.#host = host;
    this.#log = log;
    this.#listener = new Listener(host, port, (request, response) => {
      answer(request, response).catch(() => response.destroy());
    });
    const faults = new FaultControl(
      () => givenClock.now(),
      () => this.#listener.cutConnections(),
    );
    this.faults = faults;

    const clock = new EngineClock(givenClock, faults);
    const publisher = new Publisher(publish, log);
    const emit = (toChannel: string, body: object): void => {
      if (!faults.isGone()) publisher.emit(toChannel, body);
    };
    const partOptions = { seed, clock, speed: activity, emit };
    const market = new Market(seed, () => clock.now());
    const instances = new Instances(seed, clock);
    const files = logDir === undefined ? undefined : new LogFiles(logDir, logMaxBytes, log);
    const logs = new InstanceLogs(partOptions, instances, files);
    const messages = new Messages(partOptions, instances);
    const metrics = new Metrics(partOptions);
    const diagnostics = new Diagnostics(partOptions);
    this.market = market;
    this.instances = instances;
    this.messages = messages;
    this.#files = files;
    this.#life = together([
      new Part(() =>
        clock.every(stepMs, () => {
          market.step();
          metrics.step();
        }),
      ),
      ...(publish === undefined ? [] : [marketEvents(market, channel, eventsPerSecond, partOptions)]),
      new Part(() => instances.subscribe((event) => emit('instance_events', event))),
      logs.life,
      scenario(partOptions, instances),
      messages.life,
      metrics.life,
      diagnostics.life,
    ]);

    const router = createRouter(faults, log)
      .route(
        '/',
        systemRoutes(market, () => diagnostics.activePlans()),
      )
      .route('/', instanceRoutes(instances, logs))
      .route('/', messageRoutes(messages))
      .route('/', metricsRoutes(metrics));
    const answer = getRequestListener(router.fetch, { overrideGlobalObjects: false, hostname: 'localhost' });
  }

  /**
   * Listens and lets everything run; rejects with Node's own error (`EADDRINUSE`, …), or with LogFolderError
   * where `logDir` cannot be used.
   */
  async start(): Promise<{ port: number; url: string }> {
    this.#stopped = false;
    this.#files?.open();
    const port = await this.#listen();
    const url = `http://${urlHost(this.#host)}:${port}`;
    // Stopped while the port was being opened: then nothing may start to run.
    if (this.#stopped) return { port, url };
    this.#life.start();
    this.#log.info({ port, url }, 'demo engine listening');
    return { port, url };
  }

  /**
   * Ends every connection and timer, and removes the log files where it made the folder itself; may be called at
   * any time, and more than once.
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#life.stop();
    this.#files?.close();
    await this.#listener.close();
  }

  async #listen(): Promise<number> {
    try {
      return await this.#listener.open();
    } catch (error) {
      this.#files?.close();
      throw error;
    }
  }
}

/** A wildcard address is where to listen, not where to go; an IPv6 address needs brackets. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

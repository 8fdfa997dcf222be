import { type Clock, systemClock } from '../core/clock.ts';
import { type DemoLog, silentLog } from './demo-log.ts';
import { createDiagnostics } from './diagnostics/diagnostics.ts';
import { createEngineClock } from './engine-clock.ts';
import { createEventStream } from './event-stream.ts';
import { createFaultControl, type FaultControl } from './fault.ts';
import { createInstances, type Instances } from './instance/instances.ts';
import { createLogFiles } from './instance/log-files.ts';
import { createInstanceLogs } from './instance/logs.ts';
import { instanceRoutes } from './instance/routes.ts';
import { createScenario } from './instance/scenario.ts';
import { createListener } from './listener.ts';
import { createMarket, type Market } from './market.ts';
import { createMessages, type Messages } from './message/messages.ts';
import { messageRoutes } from './message/routes.ts';
import { createOutage } from './outage.ts';
import { createPart, together } from './part.ts';
import { createPublisher, type Emit, type Publish } from './publisher.ts';
import { createRoutes } from './routes.ts';
import { systemRoutes } from './system-routes.ts';

export interface DemoEngineOptions {
  /** 0 picks a free port. Default 8000. */
  port?: number;
  /** Default 127.0.0.1: anybody who reaches it may switch faults on. */
  host?: string;
  /** Whole number; the same seed gives the same market, instances, messages and diagnostics. Default 1. */
  seed?: number;
  /**
   * Where events go: the market's to `channel`, the others to `instance_events`, `message_events` and
   * `diagnostics:log`, `:persona_entry`, `:graph_update`, `:llm`. Default: nowhere.
   */
  publish?: Publish;
  /** Default `state_update`. */
  channel?: string;
  /** Price events between the steps. Default 2; 0: none (status and log changes are still published). */
  eventsPerSecond?: number;
  /** Milliseconds from one step of the market to the next. Default 1000. */
  stepMs?: number;
  /**
   * How often things happen besides the market, to the instances, their logs, messages and diagnostics: 1, the
   * default, is for people to watch, 10 is ten times as often; 0: only what calls ask for.
   */
  activity?: number;
  /** Folder for `<name>.log` of each instance. Default: none, logs are kept in memory only. */
  logDir?: string;
  /** A log file that would become larger is rotated to `<name>.log.1`. Default 16 KiB. */
  logMaxBytes?: number;
  /** Default: the system's. */
  clock?: Clock;
  log?: DemoLog;
}

export interface DemoEngine {
  /**
   * Listens and lets everything run; rejects with Node's own error (`EADDRINUSE`, …), or with LogFolderError
   * where `logDir` cannot be used.
   */
  start(): Promise<{ port: number; url: string }>;
  /**
   * Ends every connection and timer, and removes the log files where it made the folder itself; may be called at
   * any time, and more than once.
   */
  stop(): Promise<void>;
  readonly market: Market;
  /** The same changes as `POST /api/instances/:name/…`. */
  readonly instances: Instances;
  readonly messages: Messages;
  /** The same switches as `POST /demo/fault`. */
  readonly faults: FaultControl;
}

/** A trading engine and its agents to try the gateway with: real HTTP, all seeded, faults on demand. */
export function createDemoEngine(options: DemoEngineOptions = {}): DemoEngine {
  const { port = 8000, host = '127.0.0.1', seed = 1, stepMs = 1000, eventsPerSecond = 2 } = options;
  const { activity = 1, logDir, logMaxBytes = 16 * 1024 } = options;
  const { channel = 'state_update', log = silentLog } = options;
  const { clock: givenClock = systemClock } = options;

  const listener = createListener({ host, port, handle: (request, response) => routes(request, response) });
  const outage = createOutage(listener, log);
  const faults = createFaultControl({ now: givenClock.now, outage });
  const clock = createEngineClock(givenClock, faults);
  const { now } = clock;

  const publishBody = createPublisher(options.publish, log);
  const emit: Emit = (toChannel, body) => {
    if (!faults.isGone()) publishBody(toChannel, body);
  };
  const whole = { seed, clock, speed: activity, emit };
  const market = createMarket({ seed, now });
  const instances = createInstances({ seed, clock });
  const files =
    logDir === undefined ? undefined : createLogFiles({ folder: logDir, maxBytes: logMaxBytes, log });
  const logs = createInstanceLogs({ ...whole, instances, files });
  const messages = createMessages({ ...whole, instances });
  const diagnostics = createDiagnostics(whole);
  const running = together([
    createPart(() => clock.every(stepMs, () => market.step())),
    ...(options.publish ? [createEventStream({ market, clock, emit, channel, eventsPerSecond })] : []),
    createPart(() => instances.subscribe((event) => emit('instance_events', event))),
    logs,
    createScenario({ ...whole, instances }),
    messages,
    diagnostics,
  ]);

  const table = {
    ...systemRoutes(market, diagnostics.activePlans),
    ...instanceRoutes(instances, logs),
    ...messageRoutes(messages),
  };
  const routes = createRoutes(table, faults, log);
  let stopped = false;

  async function listen(): Promise<number> {
    try {
      return await listener.open();
    } catch (error) {
      files?.close();
      throw error;
    }
  }

  return {
    market,
    instances,
    messages,
    faults,
    async start() {
      stopped = false;
      files?.open();
      const ownPort = await listen();
      const url = `http://${urlHost(host)}:${ownPort}`;
      // Stopped while the port was being opened: then nothing may start to run.
      if (stopped) return { port: ownPort, url };
      running.start();
      log.info({ port: ownPort, url }, 'demo engine listening');
      return { port: ownPort, url };
    },
    async stop() {
      stopped = true;
      running.stop();
      outage.cancel();
      files?.close();
      await listener.close();
    },
  };
}

/** A wildcard address is where to listen, not where to go; an IPv6 address needs brackets. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

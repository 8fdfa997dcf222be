import { type DemoLog, silentLog } from './demo-log.ts';
import { createEventStream, type Publish } from './event-stream.ts';
import { createFaultControl, type FaultControl } from './fault.ts';
import { createListener } from './listener.ts';
import { createMarket, type Market } from './market.ts';
import { createOutage } from './outage.ts';
import { createRoutes } from './routes.ts';

export interface DemoEngineOptions {
  /** 0 picks a free port. Default 8000. */
  port?: number;
  /** Default 127.0.0.1: anybody who reaches it may switch faults on. */
  host?: string;
  /** Whole number; the same seed gives the same market. Default 1. */
  seed?: number;
  /** Where `state_update` events go. Default: nowhere, and none are made. */
  publish?: Publish;
  /** Default `state_update`. */
  channel?: string;
  /** Price events between the steps. Default 2; 0: none (status and log changes are still published). */
  eventsPerSecond?: number;
  /** Milliseconds from one step of the market to the next. Default 1000. */
  stepMs?: number;
  /** Milliseconds since 1970. Default `Date.now`. */
  now?: () => number;
  log?: DemoLog;
}

export interface DemoEngine {
  /** Listens and lets the market run; rejects with Node's own error (`EADDRINUSE`, …). */
  start(): Promise<{ port: number; url: string }>;
  /** Ends every connection and timer; may be called at any time, and more than once. */
  stop(): Promise<void>;
  readonly market: Market;
  /** The same switches as `POST /demo/fault`. */
  readonly faults: FaultControl;
}

/** A trading engine to try the gateway with: real HTTP, a seeded market, faults on demand. */
export function createDemoEngine(options: DemoEngineOptions = {}): DemoEngine {
  const { port = 8000, host = '127.0.0.1', seed = 1, stepMs = 1000, eventsPerSecond = 2 } = options;
  const { publish, channel = 'state_update', now = Date.now, log = silentLog } = options;

  const market = createMarket({ seed, now });
  const events = publish && createEventStream({ market, publish, channel, eventsPerSecond, log });
  const listener = createListener({ host, port, handle: (request, response) => routes(request, response) });
  const outage = createOutage(listener, log);
  const faults = createFaultControl({ now, outage });
  const routes = createRoutes(market, faults, log);
  let steps: NodeJS.Timeout | undefined;
  let stopped = false;

  return {
    market,
    faults,
    async start() {
      stopped = false;
      const ownPort = await listener.open();
      const url = `http://${urlHost(host)}:${ownPort}`;
      // Stopped while the port was being opened: then nothing may start to run.
      if (stopped) return { port: ownPort, url };
      steps ??= setInterval(() => market.step(), stepMs);
      events?.start();
      log.info({ port: ownPort, url }, 'demo engine listening');
      return { port: ownPort, url };
    },
    async stop() {
      stopped = true;
      clearInterval(steps);
      steps = undefined;
      events?.stop();
      outage.cancel();
      await listener.close();
    },
  };
}

/** A wildcard address is where to listen, not where to go; an IPv6 address needs brackets. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

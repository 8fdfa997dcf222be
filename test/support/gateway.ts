import { Gateway, type GatewayOptions } from '../../src/app.ts';
import type { Environment } from '../../src/config/environment.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { KeepaliveLimits } from '../../src/deliver/keepalive.ts';
import { DemoEngine, type DemoEngineOptions } from '../../src/demo/engine.ts';
import { loadSettings } from '../../src/settings.ts';
import type { Events } from '../../src/source/events.ts';
import { createMemoryLog } from './memory-log.ts';
import { type Metrics, readMetrics } from './metrics.ts';
import type { Resource } from './wait.ts';

export interface StartOptions {
  /** Settings by their names in the environment; they win over the defaults of tests. */
  readonly settings?: Environment;
  /** Options of the demo engine; false: none is started, and `ENGINE_URL` says where to poll. */
  readonly engine?: DemoEngineOptions | false;
  readonly events?: Events;
  readonly keepalive?: KeepaliveLimits | undefined;
  readonly clock?: Clock;
  /** Default: those built in. */
  readonly dialects?: GatewayOptions['dialects'];
}

export interface TestGateway extends Resource {
  readonly url: string;
  /** The telemetry dialect on `/`. */
  readonly wsUrl: string;
  readonly port: number;
  /** Of `OPS_PORT`; undefined: not set. */
  readonly opsPort: number | undefined;
  readonly log: ReturnType<typeof createMemoryLog>;
  metrics(): Promise<Metrics>;
  stop(): Promise<void>;
}

/** Nothing listens there: the discard port, which no machine of today serves. */
export const nowhere = 'http://127.0.0.1:9';

/** A gateway in this process, with a demo engine of its own over real HTTP. */
export async function startGateway(
  options: StartOptions = {},
): Promise<TestGateway & { readonly engine: DemoEngine }> {
  const { settings = {}, engine: engineOptions = {}, events, keepalive, clock, dialects } = options;
  const engine = new DemoEngine({ port: 0, ...(engineOptions === false ? {} : engineOptions) });
  const engineUrl = engineOptions === false ? nowhere : (await engine.start()).url;
  const env = {
    PORT: '0',
    HOST: '127.0.0.1',
    ENGINE_URL: engineUrl,
    // Clients that a test has stalled do not answer, and nobody wants to wait for them.
    SHUTDOWN_TIMEOUT_MS: '200',
    ...settings,
  };
  const log = createMemoryLog();
  const gateway = new Gateway({
    settings: { ...loadSettings({ env }), ENGINE_URL: env.ENGINE_URL },
    ...{ log, events, keepalive, clock, dialects },
  });
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await gateway.stop('end of test');
    await engine.stop();
  };
  try {
    const { port, url, opsPort } = await gateway.start();
    return {
      url,
      port,
      opsPort,
      wsUrl: `ws://127.0.0.1:${port}`,
      log,
      engine,
      metrics: () => readMetrics(url),
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

import type { Settings } from '../config/settings.ts';
import type { Log } from '../core/log.ts';
import { createDemoEngine } from '../demo/engine.ts';
import { createRedisPublisher } from '../demo/redis-publisher.ts';
import { createMemoryEvents } from '../source/events.ts';
import { runUntilSignal } from './run-until-signal.ts';
import { serve } from './serve.ts';

/** The demo engine alone, publishing its events to Redis where `REDIS_URL` is set. */
export async function runEngine(settings: Settings, log: Log): Promise<void> {
  const redis = settings.REDIS_URL === undefined ? undefined : createRedisPublisher(settings.REDIS_URL, log);
  const engine = createDemoEngine({
    port: settings.ENGINE_PORT,
    host: settings.HOST,
    channel: settings.REDIS_STATE_CHANNEL,
    log,
    ...(redis === undefined ? {} : { publish: redis.publish }),
  });
  await engine.start();
  runUntilSignal(log, settings.SHUTDOWN_TIMEOUT_MS, async () => {
    await engine.stop();
    await redis?.close();
  });
}

/** Gateway and demo engine in one process: events travel in memory unless `REDIS_URL` is set. */
export async function runDemo(settings: Settings, log: Log, print: (text: string) => void): Promise<void> {
  const redis = settings.REDIS_URL === undefined ? undefined : createRedisPublisher(settings.REDIS_URL, log);
  const events = createMemoryEvents();
  const engine = createDemoEngine({
    // Loopback, whatever HOST is: this engine takes orders from anyone who reaches it.
    port: 0,
    channel: settings.REDIS_STATE_CHANNEL,
    publish: redis?.publish ?? events.publish,
    log,
  });
  const { url: engineUrl } = await engine.start();
  const stop = async (): Promise<void> => {
    await engine.stop();
    await redis?.close();
  };
  try {
    const { url } = await serve({ ...settings, ENGINE_URL: engineUrl }, log, { events, stop });
    print(announcement(url, engineUrl));
  } catch (error) {
    await stop();
    throw error;
  }
}

function announcement(url: string, engineUrl: string): string {
  const webSocketUrl = url.replace(/^http/, 'ws');
  return `
  telemetry-bff demo
  ──────────────────
  Live page    ${url}
  WebSocket    npx wscat -c ${webSocketUrl}
  Snapshot     curl ${url}/api/telemetry
  Health       curl ${url}/health
  Demo engine  ${engineUrl}   (curl -X POST ${engineUrl}/demo/fault -H 'content-type: application/json' -d '{"kind":"stop","seconds":10}')

  Stop with Ctrl+C.

`;
}

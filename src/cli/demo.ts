import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SignJWT } from 'jose';
import type { Logger } from 'pino';
import { ConfigError } from '../config/config-error.ts';
import { authEnabled } from '../config/safety.ts';
import { randomId } from '../core/random.ts';
import { DemoEngine } from '../demo/engine.ts';
import { LogFolderError } from '../demo/instance/log-files.ts';
import { RedisPublisher } from '../demo/redis-publisher.ts';
import { listenFault } from '../http/server.ts';
import type { Settings } from '../settings.ts';
import { MemoryEvents } from '../source/events.ts';
import { runUntilSignal, serve } from './serve.ts';
import { openDialects } from './start-warnings.ts';

/**
 * The demo engine alone: events go to Redis where `REDIS_URL` is set, logs of its instances to the folder
 * `ENGINE_LOG_DIR`. Throws ConfigError where that folder cannot be used.
 */
export async function runEngine(settings: Settings, log: Logger): Promise<void> {
  const logDir = givenLogDir(settings);
  const redis = settings.REDIS_URL === undefined ? undefined : new RedisPublisher(settings.REDIS_URL, log);
  const engine = new DemoEngine({
    port: settings.ENGINE_PORT,
    host: settings.HOST,
    channel: settings.REDIS_STATE_CHANNEL,
    log,
    publish: redis && ((channel, message) => redis.publish(channel, message)),
    logDir,
  });
  const starting = startEngine(engine, settings);
  runUntilSignal(log, settings.SHUTDOWN_TIMEOUT_MS, async () => {
    await starting;
    await engine.stop();
    await redis?.close();
  });
  await starting;
}

/** Gateway and demo engine in one process: events travel in memory unless `REDIS_URL` is set. */
export async function runDemo(settings: Settings, log: Logger, print: (text: string) => void): Promise<void> {
  await serve(settings, log, async () => {
    const redis = settings.REDIS_URL === undefined ? undefined : new RedisPublisher(settings.REDIS_URL, log);
    const events = new MemoryEvents();
    // The engine removes at its end a folder that it had to make.
    const logDir = givenLogDir(settings) ?? join(tmpdir(), `telemetry-bff-demo-${randomId()}`);
    const engine = new DemoEngine({
      // Loopback, whatever HOST is: this engine takes orders from anyone who reaches it.
      port: 0,
      channel: settings.REDIS_STATE_CHANNEL,
      publish: (channel, message) => (redis ?? events).publish(channel, message),
      logDir,
      log,
    });
    const auth = authEnabled(settings) ? undefined : await demoAuth();
    const { url: engineUrl } = await startEngine(engine, settings);
    const ofEngine = { ENGINE_URL: engineUrl, INSTANCE_LOG_DIR: logDir };
    const given = { ...settings, ...auth?.settings, ...ofEngine };
    const isOpen = openDialects(given).length > 0;
    const hasMetrics = given.DIALECTS.includes('metrics');
    return {
      settings: given,
      events,
      announce: (url) =>
        print(announcement({ url, engineUrl, operatorToken: auth?.operatorToken, isOpen, hasMetrics })),
      async stop() {
        await engine.stop();
        await redis?.close();
      },
    };
  });
}

function givenLogDir({ ENGINE_LOG_DIR }: Settings): string | undefined {
  return ENGINE_LOG_DIR === undefined ? undefined : resolve(ENGINE_LOG_DIR);
}

async function startEngine(engine: DemoEngine, settings: Settings): Promise<{ readonly url: string }> {
  try {
    return await engine.start();
  } catch (error) {
    if (error instanceof LogFolderError) throw new ConfigError([`ENGINE_LOG_DIR: ${error.message}`]);
    throw new Error(listenFault(error, settings.ENGINE_PORT, settings.HOST, 'ENGINE_PORT'));
  }
}

/** A key made for this run: nobody needs a token to watch, and an operator's is printed. */
async function demoAuth() {
  const key = randomBytes(32).toString('hex');
  const operatorToken = await new SignJWT({ role: 'operator' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('demo-operator')
    .setExpirationTime('24h')
    .sign(new TextEncoder().encode(key));
  const settings = { AUTH_JWT_SECRET: key, AUTH_DIALECTS: [] } satisfies Partial<Settings>;
  return { settings, operatorToken };
}

const others = `
  Others in your network can watch, too, unless HOST=127.0.0.1 is set.
`;

function announcement({
  url,
  engineUrl,
  operatorToken,
  isOpen,
  hasMetrics,
}: {
  readonly url: string;
  readonly engineUrl: string;
  readonly operatorToken: string | undefined;
  /** Whether others may watch. */
  readonly isOpen: boolean;
  /** Whether the dialect is served. */
  readonly hasMetrics: boolean;
}): string {
  const webSocketUrl = url.replace(/^http/, 'ws');
  const fault = `curl -X POST ${engineUrl}/demo/fault -H 'content-type: application/json' -d '{"kind":"stop","seconds":10}'`;
  const command =
    operatorToken === undefined
      ? ''
      : `
  Halt the engine, as an operator: on the dashboard, or from a terminal
    ${url}/#token=${operatorToken}
    TELEMETRY_TOKEN=${operatorToken} node dist/main.js halt ${url}
`;
  const places = [
    ['Dashboard', url],
    ...(hasMetrics ? [['Metrics', `${url}/#metrics`]] : []),
    ['Console', `${url}/websocket-test`],
    ...(hasMetrics ? [['Socket.IO', `${url}/websocket-test#socket-io`]] : []),
    ['WebSocket', `npx wscat -c ${webSocketUrl}`],
    ['Deltas', `npx wscat -c '${webSocketUrl}/?mode=delta'`],
    ['Snapshot', `curl ${url}/api/telemetry`],
    ['Health', `curl ${url}/health`],
  ];
  return `
  telemetry-bff demo
  ──────────────────
${places.map(([name = '', where]) => `  ${name.padEnd(13)}${where}`).join('\n')}

  See what clients see when the engine stops for 10 s
    ${fault}
${command}${isOpen ? others : ''}
  Stop with Ctrl+C.

`;
}

import { Redis } from 'ioredis';
import { type DemoLog, messageOf } from './demo-log.ts';

export interface RedisPublisher {
  /** Never rejects: an event that Redis cannot take now is of no use later and is dropped. */
  publish(channel: string, message: string): Promise<void>;
  close(): Promise<void>;
  /** Events dropped so far. */
  dropped(): number;
}

const reconnectStepMs = 200;
const reconnectMaxMs = 2000;
/** A connection that answers nothing for so long is as good as none. */
const commandTimeoutMs = 2000;
const disconnectTimeoutMs = 500;

/** Publishes to Redis at this URL; connects at once and again whenever the connection is lost. */
export function createRedisPublisher(url: string, log: DemoLog): RedisPublisher {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: null,
    disconnectTimeout: disconnectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    retryStrategy: (attempt) => Math.min(attempt * reconnectStepMs, reconnectMaxMs),
  });
  let dropped = 0;
  let lost = false;
  let closing: Promise<void> | undefined;

  redis.on('ready', () => {
    lost = false;
    log.info({ dropped }, 'demo engine connected to redis');
  });
  redis.on('error', (error: unknown) => {
    // One line an outage, not one an attempt.
    if (!lost) log.warn({ error: messageOf(error) }, 'demo engine has no redis');
    lost = true;
  });

  async function close(): Promise<void> {
    // Between two attempts there is no connection whose end could be waited for.
    const connected = redis.status !== 'end' && redis.status !== 'reconnecting';
    const ended = connected && new Promise<void>((resolve) => redis.once('end', () => resolve()));
    redis.disconnect();
    await ended;
  }

  return {
    async publish(channel, message) {
      if (redis.status !== 'ready') {
        dropped += 1;
        return;
      }
      try {
        await redis.publish(channel, message);
      } catch {
        dropped += 1;
      }
    },
    close() {
      closing ??= close();
      return closing;
    },
    dropped: () => dropped,
  };
}

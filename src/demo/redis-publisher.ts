import { Redis } from 'ioredis';
import { type DemoLog, messageOf } from './log.ts';

const reconnectStepMs = 200;
const reconnectMaxMs = 2000;
/** A connection that answers nothing for so long is as good as none. */
const commandTimeoutMs = 2000;
const disconnectTimeoutMs = 500;

/** Publishes to Redis at this URL; connects at once and again whenever the connection is lost. */
export class RedisPublisher {
  readonly #redis: Redis;
  #dropped = 0;
  #closing: Promise<void> | undefined;

  constructor(url: string, log: DemoLog) {
    this.#redis = new Redis(url, {
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: null,
      disconnectTimeout: disconnectTimeoutMs,
      commandTimeout: commandTimeoutMs,
      retryStrategy: (attempt) => Math.min(attempt * reconnectStepMs, reconnectMaxMs),
    });
    let lost = false;
    this.#redis.on('ready', () => {
      lost = false;
      log.info({ dropped: this.#dropped }, 'demo engine connected to redis');
    });
    this.#redis.on('error', (error: unknown) => {
      // One line an outage, not one an attempt.
      if (!lost) log.warn({ error: messageOf(error) }, 'demo engine has no redis');
      lost = true;
    });
  }

  /** Never rejects: an event that Redis cannot take now is of no use later and is dropped. */
  async publish(channel: string, message: string): Promise<void> {
    if (this.#redis.status !== 'ready') {
      this.#dropped += 1;
      return;
    }
    try {
      await this.#redis.publish(channel, message);
    } catch {
      this.#dropped += 1;
    }
  }

  /** Events dropped so far. */
  dropped(): number {
    return this.#dropped;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Between two attempts there is no connection whose end could be waited for.
    const connected = this.#redis.status !== 'end' && this.#redis.status !== 'reconnecting';
    const ended = connected && new Promise<void>((resolve) => this.#redis.once('end', () => resolve()));
    this.#redis.disconnect();
    await ended;
  }
}

import { Redis } from 'ioredis';
import { backoffMs } from '../core/backoff.ts';
import type { Cancel, Clock } from '../core/clock.ts';
import { createWarningThrottle, type Log } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import type { EventListener, EventSource } from './events.ts';
import { faultWords } from './fault-words.ts';
import type { SourceBoard } from './source-board.ts';

export interface RedisEventsOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  readonly board: SourceBoard;
  /** The subscription is confirmed, for the first time or again: what was published meanwhile is unknown. */
  readonly onConnected: () => void;
  /** The freshness of `redis` changed. */
  readonly onTransition: () => void;
}

/** A subscription counts as alive this long after Redis last answered a PING. */
const freshMs = 5000;
const pingEveryMs = 2000;

/**
 * Events by Redis pub/sub, on a connection of their own. Reconnects for as long as it takes; the source `redis`
 * is fresh while the subscription is confirmed and PING is answered. A connection that stops answering without
 * closing is replaced.
 */
export function createRedisEvents(options: RedisEventsOptions): EventSource {
  const { url, clock, log, meter, board, onConnected, onTransition } = options;
  const listeners = new Map<string, EventListener>();
  const source = board.open('redis', { freshMs: () => freshMs });
  const redis = new Redis(url, {
    lazyConnect: true,
    // We subscribe ourselves, so that "connected" can be said once the subscription is confirmed.
    autoResubscribe: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: null,
    connectTimeout: 2000,
    connectionName: 'telemetry-bff',
    retryStrategy: (attempt) => 20 + backoffMs(attempt, { baseMs: 50, maxMs: 1000 }),
  });
  const warn = createWarningThrottle(log, clock);
  let subscribed = false;
  let lastError = 'not connected yet';
  let stopPings: Cancel = () => {};
  let closed = false;

  const lost = (error: string): void => {
    if (closed) return;
    lastError = error;
    if (subscribed) {
      meter.count('bff_source_failures_total', { source: 'redis', reason: 'connect' });
      log.warn({ error }, 'redis lost');
    } else {
      warn('redis', { error, setting: 'REDIS_URL' }, 'redis not connected');
    }
    subscribed = false;
    stopPings();
    if (source.failed(error, 'stale')) onTransition();
  };

  const ping = async (): Promise<void> => {
    const sentAt = clock.monotonic();
    const overdue = clock.after(freshMs, () => {
      lost(`no answer to PING in ${freshMs} ms`);
      redis.disconnect(true);
    });
    try {
      await redis.ping();
      if (clock.monotonic() - sentAt < freshMs && subscribed && source.succeeded()) onTransition();
    } catch (error) {
      lost(faultWords(error, 'Redis'));
    } finally {
      overdue();
    }
  };

  const subscribe = async (): Promise<void> => {
    try {
      await redis.subscribe(...listeners.keys());
    } catch (error) {
      lost(faultWords(error, 'Redis'));
      redis.disconnect(true);
      return;
    }
    subscribed = true;
    lastError = 'connection closed';
    log.info({ channels: [...listeners.keys()] }, 'redis connected');
    if (source.succeeded()) onTransition();
    stopPings();
    stopPings = clock.every(pingEveryMs, () => void ping());
    onConnected();
  };

  redis.on('ready', () => void subscribe());
  redis.on('close', () => lost(lastError));
  redis.on('error', (error: Error) => {
    lastError = faultWords(error, 'Redis');
  });
  redis.on('messageBuffer', (channel: Buffer, message: Buffer) =>
    listeners.get(channel.toString())?.(message),
  );

  return {
    subscribe: (channel, listener) => void listeners.set(channel, listener),
    start() {
      // A first connection that fails is retried like any other; 'error' and 'close' report it.
      redis.connect().catch((error: unknown) => {
        lastError = faultWords(error, 'Redis');
      });
    },
    async close() {
      closed = true;
      stopPings();
      redis.disconnect();
    },
  };
}

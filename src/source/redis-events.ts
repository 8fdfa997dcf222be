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
  /** The channel without which the source is down, where it is subscribed to. Default: none. */
  readonly requiredChannel?: string;
  /** The subscription is confirmed, for the first time or again: what was published meanwhile is unknown. */
  readonly onConnected: () => void;
}

/** A subscription counts as alive this long after Redis last answered a PING. */
const freshMs = 5000;
const pingEveryMs = 2000;
/** Permissions may be given while the connection lives. */
const askAgainEveryMs = 30_000;
const forbiddenCode = 'NOPERM';

/**
 * Events by Redis pub/sub, on a connection of their own. Reconnects for as long as it takes; the source `redis`
 * is fresh while the subscription is confirmed and PING is answered. A connection that stops answering without
 * closing is replaced.
 *
 * A Redis that permits some channels only (ACL) is used for those: the others are named in the source's notes, and it is
 * down where the required one, or every one, is among them.
 */
export function createRedisEvents(options: RedisEventsOptions): EventSource {
  const { url, clock, log, meter, board, requiredChannel, onConnected } = options;
  const listeners = new Map<string, EventListener>();
  const source = board.open('redis', { freshMs: () => freshMs, isConnection: true });
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
  let stopTimers: Cancel = () => {};
  /** Channels that Redis does not permit on this connection. */
  let forbidden: ReadonlySet<string> = new Set();
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
    stopTimers();
    source.failed(error, 'stale');
  };

  /** What the source is down for want of: the channel that it is for, or all there are. */
  const missingChannels = (): readonly string[] | undefined => {
    if (requiredChannel !== undefined && forbidden.has(requiredChannel)) return [requiredChannel];
    return listeners.size > 0 && forbidden.size === listeners.size ? [...forbidden] : undefined;
  };

  /** The connection is well; the source only where what it is for is permitted. */
  const confirmed = (): void => {
    const missing = missingChannels();
    if (missing === undefined) source.succeeded();
    else source.failed(forbiddenWords(missing), 'down');
  };

  const ping = async (): Promise<void> => {
    const sentAt = clock.monotonic();
    const overdue = clock.after(freshMs, () => {
      lost(`no answer to PING in ${freshMs} ms`);
      redis.disconnect(true);
    });
    try {
      await redis.ping();
      if (clock.monotonic() - sentAt < freshMs && subscribed) confirmed();
    } catch (error) {
      lost(faultWords(error, 'Redis'));
    } finally {
      overdue();
    }
  };

  /** Each by itself: one that is forbidden would have all refused. */
  const subscribeTo = async (channels: readonly string[]) => {
    const results = await Promise.allSettled(channels.map((channel) => redis.subscribe(channel)));
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    const failure: unknown = failures.find((error) => !isForbidden(error));
    if (failure !== undefined) throw failure;
    return new Set(channels.filter((_, index) => results[index]?.status === 'rejected'));
  };

  const noteForbidden = (): void => {
    source.note(forbidden.size === 0 ? [] : [forbiddenWords([...forbidden])]);
  };

  const subscribe = async (): Promise<void> => {
    const channels = [...listeners.keys()];
    let refused: ReadonlySet<string>;
    try {
      refused = await subscribeTo(channels);
    } catch (error) {
      lost(faultWords(error, 'Redis'));
      redis.disconnect(true);
      return;
    }
    if (closed) return;
    forbidden = refused;
    noteForbidden();
    if (forbidden.size > 0) {
      const fields = {
        channels: [...forbidden],
        error: forbiddenWords([...forbidden]),
        setting: 'REDIS_URL',
      };
      log.warn(fields, 'redis channels forbidden');
    }
    subscribed = true;
    lastError = 'connection closed';
    const permitted = channels.filter((channel) => !forbidden.has(channel));
    if (permitted.length > 0) log.info({ channels: permitted }, 'redis connected');
    confirmed();
    stopTimers();
    const stopPings = clock.every(pingEveryMs, () => void ping());
    const stopAsking = clock.every(askAgainEveryMs, () => void askAgain());
    stopTimers = () => {
      stopPings();
      stopAsking();
    };
    onConnected();
  };

  const askAgain = async (): Promise<void> => {
    if (forbidden.size === 0) return;
    const asked = [...forbidden];
    // A connection that fails meanwhile is reported by what else is said on it.
    const refused = await subscribeTo(asked).catch(() => undefined);
    if (refused === undefined || refused.size === asked.length || !subscribed) return;
    forbidden = refused;
    log.info({ channels: asked.filter((channel) => !refused.has(channel)) }, 'redis channels permitted');
    noteForbidden();
    confirmed();
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
      stopTimers();
      redis.disconnect();
    },
  };
}

function isForbidden(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith(forbiddenCode);
}

function forbiddenWords(channels: readonly string[]): string {
  const named = channels.length === 1 ? 'the channel' : 'the channels';
  return `Redis does not permit this user to read ${named} ${channels.join(', ')} (${forbiddenCode})`;
}

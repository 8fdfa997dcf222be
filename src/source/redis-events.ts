import { Redis } from 'ioredis';
import { backoffMs } from '../core/backoff.ts';
import type { Cancel, Clock } from '../core/clock.ts';
import { createWarningThrottle, type Log, type WarningThrottle } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import type { EventListener, Events } from './events.ts';
import { faultWords } from './fault-words.ts';
import type { Source } from './source.ts';
import type { SourceBoard } from './source-board.ts';

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
export class RedisEvents implements Events {
  readonly #redis: Redis;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #meter: Meter;
  readonly #warn: WarningThrottle;
  readonly #source: Source;
  readonly #requiredChannel: string | undefined;
  readonly #onConnected: () => void;
  readonly #listeners = new Map<string, EventListener>();
  #subscribed = false;
  #lastError = 'not connected yet';
  #stopTimers: Cancel = () => {};
  /** Channels that Redis does not permit on this connection. */
  #forbidden: ReadonlySet<string> = new Set();
  #closed = false;

  constructor(options: {
    readonly url: string;
    readonly clock: Clock;
    readonly log: Log;
    readonly meter: Meter;
    readonly board: SourceBoard;
    /** The channel without which the source is down, where it is subscribed to. Default: none. */
    readonly requiredChannel?: string | undefined;
    /** The subscription is confirmed, for the first time or again: what was published meanwhile is unknown. */
    readonly onConnected: () => void;
  }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#meter = options.meter;
    this.#warn = createWarningThrottle(options.log, options.clock);
    this.#source = options.board.open('redis', { freshMs: () => freshMs, isConnection: true });
    this.#requiredChannel = options.requiredChannel;
    this.#onConnected = options.onConnected;
    this.#redis = new Redis(options.url, {
      lazyConnect: true,
      // We subscribe ourselves, so that "connected" can be said once the subscription is confirmed.
      autoResubscribe: false,
      enableOfflineQueue: false,
      maxRetriesPerRequest: null,
      connectTimeout: 2000,
      connectionName: 'telemetry-bff',
      retryStrategy: (attempt) => 20 + backoffMs(attempt, { baseMs: 50, maxMs: 1000 }),
    });
    this.#redis.on('ready', () => void this.#subscribe());
    this.#redis.on('close', () => this.#lost(this.#lastError));
    this.#redis.on('error', (error: Error) => {
      this.#lastError = faultWords(error, 'Redis');
    });
    this.#redis.on('messageBuffer', (channel: Buffer, message: Buffer) =>
      this.#listeners.get(channel.toString())?.(message),
    );
  }

  subscribe(channel: string, listener: EventListener): void {
    this.#listeners.set(channel, listener);
  }

  start(): void {
    // A first connection that fails is retried like any other; 'error' and 'close' report it.
    this.#redis.connect().catch((error: unknown) => {
      this.#lastError = faultWords(error, 'Redis');
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopTimers();
    this.#redis.disconnect();
  }

  #lost(error: string): void {
    if (this.#closed) return;
    this.#lastError = error;
    if (this.#subscribed) {
      this.#meter.count('bff_source_failures_total', { source: 'redis', reason: 'connect' });
      this.#log.warn({ error }, 'redis lost');
    } else {
      this.#warn('redis', { error, setting: 'REDIS_URL' }, 'redis not connected');
    }
    this.#subscribed = false;
    this.#stopTimers();
    this.#source.failed(error, 'stale');
  }

  /** Forbidden channels that make the source down: the required one, or all of them. */
  get #missingChannels(): readonly string[] | undefined {
    const required = this.#requiredChannel;
    if (required !== undefined && this.#forbidden.has(required)) return [required];
    const { size } = this.#forbidden;
    return size > 0 && size === this.#listeners.size ? [...this.#forbidden] : undefined;
  }

  /** The connection is up; the source is fresh unless a channel that it needs is forbidden. */
  #confirmed(): void {
    const missing = this.#missingChannels;
    if (missing === undefined) this.#source.succeeded();
    else this.#source.failed(forbiddenWords(missing), 'down');
  }

  async #ping(): Promise<void> {
    const sentAt = this.#clock.monotonic();
    const overdue = this.#clock.after(freshMs, () => {
      this.#lost(`no answer to PING in ${freshMs} ms`);
      this.#redis.disconnect(true);
    });
    try {
      await this.#redis.ping();
      if (this.#clock.monotonic() - sentAt < freshMs && this.#subscribed) this.#confirmed();
    } catch (error) {
      this.#lost(faultWords(error, 'Redis'));
    } finally {
      overdue();
    }
  }

  async #subscribe(): Promise<void> {
    const channels = [...this.#listeners.keys()];
    let refused: ReadonlySet<string>;
    try {
      refused = await this.#subscribeTo(channels);
    } catch (error) {
      this.#lost(faultWords(error, 'Redis'));
      this.#redis.disconnect(true);
      return;
    }
    if (this.#closed) return;
    this.#noteForbidden(refused);
    if (refused.size > 0) {
      const named = [...refused];
      const fields = { channels: named, error: forbiddenWords(named), setting: 'REDIS_URL' };
      this.#log.warn(fields, 'redis channels forbidden');
    }
    this.#subscribed = true;
    this.#lastError = 'connection closed';
    const permitted = channels.filter((channel) => !refused.has(channel));
    if (permitted.length > 0) this.#log.info({ channels: permitted }, 'redis connected');
    this.#confirmed();
    this.#stopTimers();
    const stopPings = this.#clock.every(pingEveryMs, () => void this.#ping());
    const stopAsking = this.#clock.every(askAgainEveryMs, () => void this.#askAgain());
    this.#stopTimers = () => {
      stopPings();
      stopAsking();
    };
    this.#onConnected();
  }

  /** One request a channel: Redis refuses a whole SUBSCRIBE for one forbidden channel. Returns those refused. */
  async #subscribeTo(channels: readonly string[]): Promise<ReadonlySet<string>> {
    const results = await Promise.allSettled(channels.map((channel) => this.#redis.subscribe(channel)));
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    const failure: unknown = failures.find((error) => !isForbidden(error));
    if (failure !== undefined) throw failure;
    return new Set(channels.filter((_, index) => results[index]?.status === 'rejected'));
  }

  async #askAgain(): Promise<void> {
    if (this.#forbidden.size === 0) return;
    const asked = [...this.#forbidden];
    // A connection that fails meanwhile is reported by its own events.
    const refused = await this.#subscribeTo(asked).catch(() => undefined);
    if (refused === undefined || refused.size === asked.length || !this.#subscribed) return;
    const permitted = asked.filter((channel) => !refused.has(channel));
    this.#log.info({ channels: permitted }, 'redis channels permitted');
    this.#noteForbidden(refused);
    this.#confirmed();
    this.#onConnected();
  }

  #noteForbidden(channels: ReadonlySet<string>): void {
    this.#forbidden = channels;
    this.#source.note(channels.size === 0 ? [] : [forbiddenWords([...channels])]);
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith(forbiddenCode);
}

function forbiddenWords(channels: readonly string[]): string {
  const named = channels.length === 1 ? 'the channel' : 'the channels';
  return `Redis does not permit this user to read ${named} ${channels.join(', ')} (${forbiddenCode})`;
}

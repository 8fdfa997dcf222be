import { Redis } from 'ioredis';
import { systemClock } from '../../src/core/clock.ts';
import { RedisEvents } from '../../src/source/redis-events.ts';
import { SourceBoard } from '../../src/source/source-board.ts';
import { createMemoryLog } from '../support/memory-log.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';
import { type TestScope, waitFor } from '../support/wait.ts';

const channel = 'state_update';

/**
 * Events by Redis, started, with everything that can be observed of them.
 * @param further channels beside `state_update`
 */
export function followRedis(
  test: TestScope,
  url: string,
  options: Partial<ConstructorParameters<typeof RedisEvents>[0]> = {},
  further: readonly string[] = [],
) {
  const log = createMemoryLog();
  const meter = createMemoryMeter();
  const clock = options.clock ?? systemClock;
  const board = new SourceBoard({ clock, log, meter });
  const received: string[] = [];
  const calls = { connected: 0, transitions: 0 };
  const events = new RedisEvents({
    url,
    clock,
    log,
    meter,
    board,
    onConnected: () => {
      calls.connected += 1;
    },
    ...options,
  });
  board.onChange(() => {
    calls.transitions += 1;
  });
  events.subscribe(channel, (message) => received.push(message.toString()));
  for (const name of further)
    events.subscribe(name, (message) => received.push(`${name}: ${message.toString()}`));
  events.start();
  test.onTestFinished(async () => {
    await events.close();
    board.close();
  });
  const logged = (message: string): number => log.entries.filter((entry) => entry.message === message).length;
  return {
    log,
    meter,
    board,
    events,
    received,
    calls,
    logged,
    /** Waits until a message was logged so many times. */
    async until(message: string, times = 1): Promise<void> {
      await waitFor(`"${message}" × ${times}`, () => logged(message) >= times, { state: () => log.entries });
    },
  };
}

/** Another program on the same Redis, for one errand. */
export async function withRedis<T>(url: string, errand: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0 });
  redis.on('error', () => {});
  await redis.connect();
  try {
    return await errand(redis);
  } finally {
    redis.disconnect();
  }
}

/** Publishes in order; resolves with how many subscribers took each. */
export function publish(url: string, ...messages: readonly string[]): Promise<number[]> {
  return withRedis(url, (redis) => Promise.all(messages.map((message) => redis.publish(channel, message))));
}

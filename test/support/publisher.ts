import { Redis } from 'ioredis';
import type { JsonObject } from '../../src/core/json.ts';
import type { Resource } from './wait.ts';

/** Publishes `state_update` events as an engine does. */
export interface Publisher extends Resource {
  /** Resolves with how many subscribers Redis gave it to; rejects where Redis is away. */
  publish(event: JsonObject | string): Promise<number>;
  stop(): void;
}

export async function createPublisher(url: string): Promise<Publisher> {
  const redis = new Redis(url, { lazyConnect: true, enableOfflineQueue: false, retryStrategy: () => 20 });
  redis.on('error', () => {});
  await redis.connect();
  return {
    publish: (event) =>
      redis.publish('state_update', typeof event === 'string' ? event : JSON.stringify(event)),
    stop: () => redis.disconnect(),
  };
}

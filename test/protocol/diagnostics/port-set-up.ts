import { Redis } from 'ioredis';
import type { JsonObject } from '../../../src/core/json.ts';
import { connectClient } from '../../support/client.ts';
import { type StartOptions, startGateway } from '../../support/gateway.ts';
import type { RedisServer } from '../../support/redis-server.ts';
import { type TestScope, useIn, waitFor } from '../../support/wait.ts';

/** Nothing polls: what happens, the test does. */
const still = { DIALECTS: 'diagnostics' };

/** A gateway on a real Redis, with clients of the diagnostics dialect and somebody who publishes to it. */
export async function setUpWithRedis(
  test: TestScope,
  redis: RedisServer,
  { settings = {}, ...options }: StartOptions = {},
) {
  const gateway = await useIn(
    test,
    startGateway({ engine: false, ...options, settings: { ...still, REDIS_URL: redis.url, ...settings } }),
  );
  const publisher = new Redis(redis.url);
  test.onTestFinished(() => publisher.disconnect());
  await waitFor('the subscription', () =>
    gateway.log.entries.some(({ message }) => message === 'redis connected'),
  );
  const url = `${gateway.wsUrl}/ws/diagnostics`;
  return {
    gateway,
    url,
    publisher,
    connect: (more = {}) => useIn(test, connectClient(url, more)),
    publish: (kind: string, data: JsonObject) =>
      publisher.publish(`diagnostics:${kind}`, JSON.stringify(data)),
    get: async (name: string): Promise<unknown> =>
      await (await fetch(`${gateway.url}/api/diagnostics/${name}`)).json(),
    lines: (part: string) =>
      gateway.log.entries.filter(({ message }) => message.includes(part)).map(({ message }) => message),
  };
}

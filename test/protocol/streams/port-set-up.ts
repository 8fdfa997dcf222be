import type { DemoEngineOptions } from '../../../src/demo/engine.ts';
import { RedisPublisher } from '../../../src/demo/redis-publisher.ts';
import { connectClient, type Packet, type TestClient } from '../../support/client.ts';
import { type StartOptions, startGateway } from '../../support/gateway.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { startRedis } from '../../support/redis-server.ts';
import { type TestScope, useIn, waitFor } from '../../support/wait.ts';

/** A gateway beside a real engine and a real Redis that carries the engine's events. */
export async function setUpStreamsWithRedis(
  test: TestScope,
  { settings = {}, engine = {} }: { settings?: StartOptions['settings']; engine?: DemoEngineOptions } = {},
) {
  const redis = await useIn(test, startRedis());
  const publisher = new RedisPublisher(redis.url, createMemoryLog());
  test.onTestFinished(() => publisher.close());
  const gateway = await useIn(
    test,
    startGateway({
      settings: { REDIS_URL: redis.url, ...settings },
      engine: { activity: 0, publish: (channel, message) => publisher.publish(channel, message), ...engine },
    }),
  );
  await waitFor('redis', () => gateway.log.entries.some(({ message }) => message === 'redis connected'));
  return {
    redis,
    publisher,
    gateway,
    engine: gateway.engine,
    connect: (path: string): Promise<TestClient> => useIn(test, connectClient(`${gateway.wsUrl}${path}`)),
  };
}

/** What a client was sent, without the first frame. */
export const newsOf = ({ packets }: TestClient): readonly Packet[] => packets.slice(1);

/** The lines in all frames of a log stream. */
export function linesOf({ packets }: TestClient): string[] {
  return packets.flatMap(({ body }) => (Array.isArray(body.lines) ? body.lines.map(String) : []));
}

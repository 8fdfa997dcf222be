import { Redis } from 'ioredis';
import { describe, expect, it, vi } from 'vitest';
import { RedisPublisher } from '../../src/demo/redis-publisher.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';
import { type TestScope, useIn } from '../support/wait.ts';

function setUp(test: TestScope, url: string) {
  const log = { info: vi.fn(), warn: vi.fn() };
  const publisher = new RedisPublisher(url, log);
  test.onTestFinished(() => publisher.close());
  return { publisher, log };
}

/** Where nobody listens. */
const nowhere = 'redis://127.0.0.1:1';

describe('redis publisher', () => {
  it('drops and counts what comes while redis is away, and says so once', async (test) => {
    const { publisher, log } = setUp(test, nowhere);
    await publisher.publish('state_update', '{}');
    await publisher.publish('state_update', '{}');
    expect(publisher.dropped()).toBe(2);
    await expect.poll(() => log.warn.mock.calls.length).toBe(1);
    await publisher.close();
    await publisher.close();
    await publisher.publish('state_update', '{}');
    expect(publisher.dropped()).toBe(3);
    expect(log.warn).toHaveBeenCalledOnce();
  });

  it('closes at once when it was never connected', async (test) => {
    const { publisher } = setUp(test, nowhere);
    await publisher.close();
  });

  describe.skipIf(redisMissing)('beside a real server', () => {
    /** The same list, however often the server is started anew. */
    async function subscribe(test: TestScope, { port }: RedisServer, received: string[]): Promise<void> {
      const subscriber = new Redis(port, '127.0.0.1', { retryStrategy: () => null });
      test.onTestFinished(() => subscriber.disconnect());
      subscriber.on('error', () => {});
      subscriber.on('message', (_channel: string, message: string) => received.push(message));
      await subscriber.subscribe('state_update');
    }

    it('publishes, and again after redis was away', async (test) => {
      const redis = await useIn(test, startRedis());
      const { publisher, log } = setUp(test, redis.url);
      const received: string[] = [];
      await subscribe(test, redis, received);
      await expect.poll(() => log.info.mock.calls.length).toBe(1);
      await publisher.publish('state_update', 'one');
      await expect.poll(() => received).toEqual(['one']);

      await redis.kill();
      await expect.poll(() => log.warn.mock.calls.length).toBe(1);
      await publisher.publish('state_update', 'lost');
      await redis.restart();
      await subscribe(test, redis, received);
      await expect.poll(() => log.info.mock.calls.length).toBe(2);
      await publisher.publish('state_update', 'two');
      await expect.poll(() => received).toEqual(['one', 'two']);
      expect(publisher.dropped()).toBe(1);
    });
  });
});

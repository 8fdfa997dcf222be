import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';
import { waitFor } from '../support/wait.ts';
import { followRedis, publish, withRedis } from './redis-set-up.ts';

describe.skipIf(redisMissing)('RedisEvents', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('says "redis connected" only once the subscription is confirmed', async (test) => {
    const subject = followRedis(test, redis.url);
    expect(subject.logged('redis connected')).toBe(0);
    expect(subject.board.states.redis).toMatchObject({ status: 'down' });
    await subject.until('redis connected');
    expect(await publish(redis.url, 'x')).toEqual([1]);
    expect(subject.log.entries.find(({ message }) => message === 'redis connected')).toMatchObject({
      level: 'info',
      fields: { channels: ['state_update'] },
    });
    expect(subject.board.states.redis).toMatchObject({ status: 'fresh' });
    expect(subject.calls).toEqual({ connected: 1, transitions: 1 });
  });

  it('hands over every event published after that line, in order and as bytes', async (test) => {
    const subject = followRedis(test, redis.url);
    await subject.until('redis connected');
    const messages = Array.from({ length: 500 }, (_, index) => `{"n":${index},"regime":"Lévy"}`);
    await publish(redis.url, ...messages);
    await waitFor('the events', () => subject.received.length === 500);
    expect(subject.received).toEqual(messages);
  });

  it('hears nothing of other channels', async (test) => {
    const subject = followRedis(test, redis.url);
    await subject.until('redis connected');
    await withRedis(redis.url, (other) => other.publish('state_updates', 'no'));
    await publish(redis.url, 'yes');
    await waitFor('the event', () => subject.received.length > 0);
    expect(subject.received).toEqual(['yes']);
  });

  it('comes back when its connection alone is cut', async (test) => {
    const subject = followRedis(test, redis.url);
    await subject.until('redis connected');
    const cut = await withRedis(redis.url, (other) => other.client('KILL', 'TYPE', 'PUBSUB'));
    expect(cut).toBeGreaterThan(0);
    await subject.until('redis lost');
    await subject.until('redis connected', 2);
    expect(subject.calls.connected).toBe(2);
    await publish(redis.url, 'after');
    await waitFor('the event', () => subject.received.includes('after'));
    expect(subject.received).toEqual(['after']);
  });

  it('shows up under its own name', async (test) => {
    const subject = followRedis(test, redis.url);
    await subject.until('redis connected');
    expect(await withRedis(redis.url, (other) => other.client('LIST'))).toContain('name=telemetry-bff');
  });

  it('hears nothing more once it is closed, and does not call that a loss', async (test) => {
    const subject = followRedis(test, redis.url);
    await subject.until('redis connected');
    await subject.events.close();
    await waitFor('the subscriber to go', async () => {
      const [subscribers] = await publish(redis.url, 'late');
      return subscribers === 0;
    });
    expect(subject.logged('redis lost')).toBe(0);
    expect(subject.meter.value('bff_source_failures_total', { source: 'redis', reason: 'connect' })).toBe(0);
  });

  it('can be closed while it connects', async (test) => {
    const subject = followRedis(test, redis.url);
    await subject.events.close();
    expect(subject.logged('redis connected')).toBe(0);
  });
});

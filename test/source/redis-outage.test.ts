import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock } from '../support/manual-clock.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';
import { waitFor } from '../support/wait.ts';
import { followRedis, publish, withRedis } from './redis-set-up.ts';

describe.skipIf(redisMissing)('RedisEvents in an outage', () => {
  let redis: RedisServer;
  beforeEach(async () => {
    redis = await startRedis();
  });
  afterEach(() => redis.stop());

  it('is stale as soon as the server is gone, and says "redis lost" once', async (test) => {
    const subject = followRedis(test, redis.url);
    await subject.until('redis connected');
    await redis.kill();
    await subject.until('redis lost');
    expect(subject.board.states.redis).toMatchObject({ status: 'stale' });
    expect(subject.calls.transitions).toBe(2);
    expect(subject.meter.value('bff_source_failures_total', { source: 'redis', reason: 'connect' })).toBe(1);
    await redis.restart();
    await subject.until('redis connected', 2);
    expect(subject.logged('redis lost')).toBe(1);
    expect(subject.board.states.redis).toEqual({
      status: 'fresh',
      since: expect.any(String),
    });
    expect(subject.calls).toEqual({ connected: 2, transitions: 3 });
  });

  it('loses no event that was published after it said "redis connected" again', async (test) => {
    const subject = followRedis(test, redis.url);
    for (let life = 1; life <= 3; life++) {
      await subject.until('redis connected', life);
      expect(await publish(redis.url, `life ${life}`)).toEqual([1]);
      await waitFor('the event', () => subject.received.length === life);
      await redis.kill();
      await redis.restart();
    }
    expect(subject.received).toEqual(['life 1', 'life 2', 'life 3']);
  });

  it('waits for a server that is not there at the start', async (test) => {
    await redis.kill();
    const subject = followRedis(test, redis.url);
    const error = await waitFor('the reason', () => subject.board.states.redis?.error);
    expect(error).toBe('connection refused (ECONNREFUSED)');
    expect(subject.board.states.redis).toMatchObject({ status: 'down' });
    expect(subject.logged('redis lost')).toBe(0);
    await redis.restart();
    await subject.until('redis connected');
    expect(subject.board.states.redis).toMatchObject({ status: 'fresh' });
  });

  it('tells the log why it cannot connect, without the password', async (test) => {
    await withRedis(redis.url, (admin) => admin.config('SET', 'requirepass', 'correct'));
    const subject = followRedis(test, redis.url.replace('//', '//:hunter2@'));
    const error = await waitFor('the reason', () => subject.board.states.redis?.error);
    expect(error).toBe('wrong user name or password (WRONGPASS)');
    await waitFor('a warning', () => subject.log.entries.some(({ level }) => level === 'warn'), {
      timeoutMs: 2000,
    });
    expect(JSON.stringify([subject.log.entries, subject.board.states])).not.toContain('hunter2');
    expect(subject.logged('redis connected')).toBe(0);
  });

  it('does not take something that is no Redis for one', async (test) => {
    const impostor = createServer((socket) => {
      socket.on('error', () => {});
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve));
    test.onTestFinished(() => void impostor.close());
    const address = impostor.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const subject = followRedis(test, `redis://127.0.0.1:${port}`);
    await waitFor('the reason', () => subject.board.states.redis?.error);
    expect(subject.logged('redis connected')).toBe(0);
    expect(subject.board.states.redis?.status).toBe('down');
  });

  it('replaces a connection on which PING is not answered', async (test) => {
    const clock = createManualClock();
    const subject = followRedis(test, redis.url, { clock });
    await subject.until('redis connected');
    process.kill(redis.pid, 'SIGSTOP');
    clock.advance(2000);
    clock.advance(4999);
    expect(subject.logged('redis lost')).toBe(0);
    // Stale by age alone: the last answer is 5 s old.
    expect(subject.board.states.redis?.status).toBe('stale');
    clock.advance(1);
    expect(subject.log.entries.find(({ message }) => message === 'redis lost')?.fields).toEqual({
      error: 'no answer to PING in 5000 ms',
    });
    process.kill(redis.pid, 'SIGCONT');
    await subject.until('redis connected', 2);
    await publish(redis.url, 'after');
    await waitFor('the event', () => subject.received.includes('after'));
    expect(subject.board.states.redis?.status).toBe('fresh');
  });

  it('stays fresh for as long as PING is answered', async (test) => {
    const clock = createManualClock();
    const subject = followRedis(test, redis.url, { clock });
    await subject.until('redis connected');
    const since = subject.board.states.redis?.since;
    const pings = (): Promise<number> =>
      withRedis(redis.url, async (admin) => {
        const stats = await admin.info('commandstats');
        return Number(/cmdstat_ping:calls=(\d+)/.exec(stats)?.[1] ?? 0);
      });
    for (let ping = 1; ping <= 4; ping++) {
      clock.advance(2000);
      await waitFor('the ping', async () => (await pings()) >= ping);
    }
    expect(subject.board.states.redis).toEqual({ status: 'fresh', since });
  });

  it('does not call its own end a loss while a PING is under way', async (test) => {
    const clock = createManualClock();
    const subject = followRedis(test, redis.url, { clock });
    const witness = followRedis(test, redis.url);
    await subject.until('redis connected');
    await witness.until('redis connected');
    process.kill(redis.pid, 'SIGSTOP');
    clock.advance(2000);
    await subject.events.close();
    await redis.kill();
    await witness.until('redis lost');
    await redis.restart();
    expect(subject.logged('redis lost')).toBe(0);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createManualClock } from '../support/manual-clock.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';
import { type TestScope, waitFor } from '../support/wait.ts';
import { followRedis, publish, withRedis } from './redis-set-up.ts';

const further = ['instance_events', 'message_events', 'diagnostics:graph'];
const words = (channels: string) => `Redis does not permit this user to read ${channels} (NOPERM)`;

describe.skipIf(redisMissing)('RedisEvents, of a user who may read some channels only,', () => {
  let redis: RedisServer;
  let users = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  const acl = (...rules: readonly string[]) =>
    withRedis(redis.url, (other) => other.call('ACL', 'SETUSER', ...rules));
  /** A user of the test's own, with these channels, and everything that can be seen of its events. */
  async function follow(test: TestScope, channels: readonly string[], rules: readonly string[] = []) {
    users += 1;
    const name = `user${users}`;
    await acl(
      name,
      'on',
      '>pass',
      '~*',
      'resetchannels',
      '+@all',
      ...rules,
      ...channels.map((one) => `&${one}`),
    );
    const url = redis.url.replace('//', `//${name}:pass@`);
    const clock = createManualClock();
    const subject = followRedis(test, url, { clock, requiredChannel: 'state_update' }, further);
    return {
      ...subject,
      permit: (...more: readonly string[]) => acl(name, ...more.map((one) => `&${one}`)),
      /** Second by second, so that Redis can answer in between. */
      async pass(seconds: number) {
        for (let second = 0; second < seconds; second += 1) {
          clock.advance(1000);
          await withRedis(redis.url, (other) => other.ping());
        }
      },
    };
  }

  it('gets what is permitted, is fresh, and names the rest in the source and once in the log', async (test) => {
    const subject = await follow(test, ['state_update', 'instance_events']);
    await subject.until('redis connected');
    expect(subject.board.states.redis).toMatchObject({
      status: 'fresh',
      notes: [words('the channels message_events, diagnostics:graph')],
    });
    expect(subject.log.entries.filter(({ message }) => message === 'redis channels forbidden')).toMatchObject(
      [{ level: 'warn', fields: { channels: ['message_events', 'diagnostics:graph'] } }],
    );
    expect(subject.log.entries.find(({ message }) => message === 'redis connected')?.fields).toEqual({
      channels: ['state_update', 'instance_events'],
    });
    await publish(redis.url, 'x');
    await withRedis(redis.url, (other) => other.publish('instance_events', 'y'));
    await withRedis(redis.url, (other) => other.publish('message_events', 'z'));
    await waitFor('both', () => subject.received.length === 2);
    expect(subject.received).toEqual(['x', 'instance_events: y']);
  });

  it('is down without the state’s channel, for that reason, and hears the others all the same', async (test) => {
    const subject = await follow(test, further);
    await subject.until('redis connected');
    expect(subject.board.states.redis).toMatchObject({
      status: 'down',
      error: words('the channel state_update'),
    });
    await withRedis(redis.url, (other) => other.publish('message_events', 'z'));
    await waitFor('the event', () => subject.received.length === 1);
    await subject.pass(10);
    expect(subject.board.states.redis?.status).toBe('down');
    expect(subject.logged('redis lost')).toBe(0);
  });

  it('is down, and asks again on the same connection, where it may read none', async (test) => {
    const subject = await follow(test, []);
    await subject.until('redis channels forbidden');
    await waitFor('the source to be down', () => subject.board.states.redis?.status === 'down');
    expect(subject.board.states.redis?.error).toContain('(NOPERM)');
    await subject.permit('state_update', ...further);
    await subject.pass(30);
    await subject.until('redis channels permitted');
    expect(subject.board.states.redis).toMatchObject({ status: 'fresh' });
    expect(subject.board.states.redis).not.toHaveProperty('notes');
    expect(subject.logged('redis channels forbidden')).toBe(1);
  });

  it('is down where it may not subscribe at all', async (test) => {
    const subject = await follow(test, ['state_update'], ['-subscribe']);
    await subject.until('redis channels forbidden');
    await waitFor('the source to be down', () => subject.board.states.redis?.status === 'down');
    expect(subject.board.states.redis?.error).toContain('(NOPERM)');
  });

  it('asks again on the same connection, and says when it is permitted', async (test) => {
    const subject = await follow(test, ['instance_events']);
    await subject.until('redis connected');
    await subject.permit('state_update');
    await subject.pass(30);
    await subject.until('redis channels permitted');
    expect(subject.board.states.redis).toMatchObject({
      status: 'fresh',
      notes: [words('the channels message_events, diagnostics:graph')],
    });
    expect(subject.calls.connected).toBe(2);
    await publish(redis.url, 'x');
    await waitFor('the event', () => subject.received.includes('x'));
  });

  it('asks for all again on a new connection', async (test) => {
    const subject = await follow(test, ['state_update']);
    await subject.until('redis connected');
    await subject.permit(...further);
    await withRedis(redis.url, (other) => other.client('KILL', 'TYPE', 'PUBSUB'));
    await subject.until('redis connected', 2);
    expect(subject.board.states.redis).not.toHaveProperty('notes');
    expect(subject.logged('redis channels forbidden')).toBe(1);
  });
});

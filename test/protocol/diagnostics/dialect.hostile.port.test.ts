import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepaliveDefaults } from '../../../src/deliver/keepalive.ts';
import { type RedisServer, redisMissing, startRedis } from '../../support/redis-server.ts';
import { waitFor } from '../../support/wait.ts';
import { setUpWithRedis } from './port-set-up.ts';

describe.skipIf(redisMissing)('A hostile diagnostics client', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('says whatever it likes, and is served on', async (test) => {
    const { connect, gateway, publish } = await setUpWithRedis(test, redis);
    const [client, other] = [await connect(), await connect()];
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    const frames = [
      '{',
      deep,
      '{"type":"ping","__proto__":{}}',
      '"ping"',
      '{"type":{}}',
      Buffer.from([0xff, 0]),
    ];
    for (const frame of frames) client.socket.send(frame);
    client.send({ type: 'ping' });
    await client.nextOf('pong');
    const told = await other.next(({ type, data }) => type === 'log' && data.level === 'warning');
    expect(told.data.message).toBe('Malformed client messages: 1');
    const refused = async (reason: string) =>
      (await gateway.metrics()).value('bff_rejected_total', { edge: 'diagnostics', reason });
    expect(
      await Promise.all(['malformed', 'too_deep', 'forbidden_key', 'unknown', 'binary'].map(refused)),
    ).toEqual([1, 1, 1, 2, 1]);
    await publish('log', { level: 'info', message: 'after' });
    for (const one of [client, other]) await one.next(({ data }) => data.message === 'after');
  });

  it('is closed with 1009 for more than 64 KiB, and never sent a compressed byte', async (test) => {
    const { connect } = await setUpWithRedis(test, redis);
    const client = await connect({ perMessageDeflate: true });
    expect(client.socket.extensions).toBe('');
    client.socket.send(Buffer.alloc(65 * 1024, 0x20), { binary: false });
    expect((await client.closed).code).toBe(1009);
  });

  it('asks faster than it may, and is answered no more often', async (test) => {
    const { connect, gateway } = await setUpWithRedis(test, redis);
    const client = await connect();
    for (let count = 0; count < 200; count += 1) client.send({ type: 'ping' });
    await waitFor('the last of them', async () => {
      const metrics = await gateway.metrics();
      return metrics.value('bff_rejected_total', { edge: 'diagnostics', reason: 'rate' }) > 140;
    });
    expect(client.packets.filter(({ type }) => type === 'pong').length).toBeLessThan(60);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });

  it('publishes what no client is to see, and nobody sees it', async (test) => {
    const { connect, publisher, publish, gateway } = await setUpWithRedis(test, redis);
    const client = await connect();
    const hostile = [
      '{"level":"info","message":"x","__proto__":{"polluted":true}}',
      `{"level":"info","message":"${'x'.repeat(70_000)}"}`,
      '{"level":"root","message":"evil"}',
      '{"type":"log","data":{"level":"info","message":"evil"}}',
      'evil',
      '\u0000\uffff',
    ];
    for (const text of hostile) {
      for (const kind of ['log', 'persona_entry', 'graph_update', 'llm']) {
        await publisher.publish(`diagnostics:${kind}`, text);
      }
    }
    await publish('graph_update', { update_type: 'entity_added', entity_id: 'good' });
    await client.next(({ data }) => data.entity_id === 'good');
    expect(client.packets.map(({ text }) => text).join()).not.toMatch(/evil|polluted|xxxx/);
    expect((await gateway.metrics()).value('bff_rejected_total', { edge: 'event' })).toBe(24);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('that answers no ping is ended, and one that says what dashboards say stays', async (test) => {
    const { connect } = await setUpWithRedis(test, redis, {
      keepalive: { ...keepaliveDefaults, pingEveryMs: 100, silentAfterMs: 1500, slowAfterMs: 100 },
    });
    const [silent, dashboard] = [await connect({ autoPong: false }), await connect({ autoPong: false })];
    const talk = setInterval(() => {
      for (const type of ['subscribe', 'refresh', 'ping']) dashboard.send({ type });
    }, 300);
    test.onTestFinished(() => clearInterval(talk));
    expect((await silent.closed).code).toBe(1006);
    const before = dashboard.packets.length;
    await waitFor('more answers', () => dashboard.packets.length > before + 20);
    expect(dashboard.socket.readyState).toBe(dashboard.socket.OPEN);
  });
});

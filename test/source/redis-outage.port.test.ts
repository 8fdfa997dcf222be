import { describe, expect, it } from 'vitest';
import { connectClient, type Packet, valueAt } from '../support/client.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { createPublisher } from '../support/publisher.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';
import { useIn, waitFor } from '../support/wait.ts';

const redisIs = (status: string) => (packet: Packet) =>
  valueAt(packet.data, 'sources', 'redis', 'status') === status;
const linesOf = ({ log }: TestGateway, message: string): number =>
  log.entries.filter((entry) => entry.message === message).length;
const still = { POLL_CRON: '0 0 * * * *' };

describe.skipIf(redisMissing).concurrent('While Redis is away', () => {
  it('clients are told, keep the state, and are told when it is back', async (test) => {
    const redis = await useIn(test, startRedis());
    const gateway = await useIn(test, startGateway({ settings: { ...still, REDIS_URL: redis.url } }));
    const client = await useIn(test, connectClient(gateway.wsUrl));
    await client.next((packet) => redisIs('fresh')(packet) && packet.data.status === 'ACTIVE');
    await redis.kill();
    const stale = await client.next(redisIs('stale'));
    expect(stale.data).toMatchObject({ status: 'ACTIVE', sources: { state: { status: 'fresh' } } });
    expect(linesOf(gateway, 'redis lost')).toBe(1);
    await redis.restart();
    await client.next(redisIs('fresh'));
    expect(linesOf(gateway, 'redis connected')).toBe(2);
  });

  it('a gateway starts without it and connects when it comes', async (test) => {
    const redis = await useIn(test, startRedis());
    await redis.kill();
    const gateway = await useIn(test, startGateway({ settings: { ...still, REDIS_URL: redis.url } }));
    const client = await useIn(test, connectClient(gateway.wsUrl));
    await client.next((packet) => redisIs('down')(packet) && packet.data.status === 'ACTIVE');
    await redis.restart();
    await client.next(redisIs('fresh'));
    const publisher = await useIn(test, createPublisher(redis.url));
    await publisher.publish({ marker: 'first' });
    await client.next(({ data }) => data.marker === 'first');
  });

  it('no event is lost that was published after the connected line', async (test) => {
    const redis = await useIn(test, startRedis());
    const settings = { ...still, REDIS_URL: redis.url, MAX_RATE_HZ: '0' };
    const gateway = await useIn(test, startGateway({ settings }));
    const client = await useIn(test, connectClient(gateway.wsUrl));
    const publisher = await useIn(test, createPublisher(redis.url));
    let count = 0;
    for (let cycle = 1; cycle <= 4; cycle += 1) {
      await waitFor('the connected line', () => linesOf(gateway, 'redis connected') === cycle);
      // At once, and as fast as Redis takes them.
      await waitFor('the publisher', () =>
        publisher.publish({ probe: cycle }).then(Number.isInteger, () => false),
      );
      const burst = Array.from({ length: 300 }, () => (count += 1));
      // Each leaves its own mark on the document: a client that is not writable skips versions, never values.
      await Promise.all(burst.map((number) => publisher.publish({ marks: { [`event ${number}`]: cycle } })));
      const last = await client.next(({ data }) => valueAt(data, 'marks', `event ${count}`) === cycle);
      // The poll after a reconnect was started before all of them, so it takes away only what is older.
      const marks = Object.entries(last.data.marks ?? {}).filter(([, ofCycle]) => ofCycle === cycle);
      expect(marks.map(([mark]) => mark)).toEqual(burst.map((number) => `event ${number}`));
      if (cycle === 4) break;
      await redis.kill();
      await waitFor('the lost line', () => linesOf(gateway, 'redis lost') === cycle);
      await redis.restart();
    }
  });

  it('a storm of events is coalesced, and the last one is shown', async (test) => {
    const redis = await useIn(test, startRedis());
    const gateway = await useIn(test, startGateway({ settings: { ...still, REDIS_URL: redis.url } }));
    const client = await useIn(test, connectClient(gateway.wsUrl));
    await client.next(redisIs('fresh'));
    const publisher = await useIn(test, createPublisher(redis.url));
    const events = 2000;
    await Promise.all(Array.from({ length: events }, (_, number) => publisher.publish({ number })));
    await client.next(({ data }) => data.number === events - 1);
    expect(client.packets.length).toBeLessThan(events / 4);
  });

  it('bad events are counted by reason and nothing of them is shown', async (test) => {
    const redis = await useIn(test, startRedis());
    const gateway = await useIn(test, startGateway({ settings: { ...still, REDIS_URL: redis.url } }));
    const client = await useIn(test, connectClient(gateway.wsUrl));
    await client.next((packet) => redisIs('fresh')(packet) && packet.data.status === 'ACTIVE');
    const publisher = await useIn(test, createPublisher(redis.url));
    const deep = `${'{"evil":'.repeat(80)}1${'}'.repeat(80)}`;
    const bad = ['{"evil":', '[{"evil":1}]', '{"evil":{"__proto__":{"a":1}}}', deep];
    const huge = JSON.stringify({ evil: 'x'.repeat(1024 * 1024) });
    const other = JSON.stringify({ evil: 1, market: { symbol: 'EVIL', price: 1 } });
    for (const event of [...bad, huge, other]) await publisher.publish(event);
    await publisher.publish('{"sources":{"state":"evil"},"market":null,"good":1,"bad":1e999}');
    const packet = await client.next(({ data }) => data.good === 1);
    expect(valueAt(packet.data, 'market', 'symbol')).toBe('SPY');
    expect(client.packets.some(({ text }) => /evil|EVIL/.test(text))).toBe(false);
    expect(packet.data).not.toHaveProperty('bad');
    const metrics = await gateway.metrics();
    const reasons = ['malformed', 'forbidden_key', 'too_deep', 'too_large', 'other_symbol', 'sources_key'];
    for (const reason of [...reasons, 'section_removal', 'non_finite']) {
      expect(metrics.value('bff_rejected_total', { edge: 'event', reason }), reason).toBe(1);
    }
    expect(metrics.value('bff_rejected_total', { edge: 'event', reason: 'shape' })).toBe(1);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject } from '../../../src/core/json.ts';
import type { Packet } from '../../support/client.ts';
import { setUpWithRedis } from '../../support/diagnostics.ts';
import { type RedisServer, redisMissing, startRedis } from '../../support/redis-server.ts';

const padding = 'x'.repeat(40_000);
const numberOf = ({ data }: Packet): number =>
  isJsonObject(data.details) && typeof data.details.number === 'number' ? data.details.number : 0;

describe.skipIf(redisMissing)('A diagnostics client that stops reading', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('skips, is told of in the log as its drops pass tens, reads on from the oldest kept, and nobody else is late', async (test) => {
    const { gateway, connect, publish, get, lines } = await setUpWithRedis(test, redis);
    const well = await Promise.all(Array.from({ length: 5 }, () => connect()));
    const slow = await connect();
    await slow.nextOf('logs');
    slow.socket.pause();

    const total = 400;
    for (let number = 1; number <= total; number += 1) {
      await publish('graph_update', {
        update_type: 'entity_updated',
        entity_id: 'entity-1',
        details: { number, padding },
      });
      await Promise.all(well.map((client) => client.next((packet) => numberOf(packet) === number)));
    }
    for (const client of well) {
      expect(client.packets.map(numberOf).filter((number) => number > 0)).toHaveLength(total);
    }
    const states = (await get('connections')) as { messages_dropped: number; connection_id: string }[];
    const dropped = states.map(({ messages_dropped }) => messages_dropped);
    const [drops = 0] = dropped.splice(-1);
    expect(dropped).toEqual([0, 0, 0, 0, 0]);
    expect(drops).toBeGreaterThan(200);
    const id = states.at(-1)?.connection_id ?? '';
    const told = lines('Dropped').map((line) => Number(line.split(' ')[1]));
    expect(lines('Dropped')).toEqual(told.map((count) => `Dropped ${count} messages for slow client ${id}`));
    const tens = told.map((count) => Math.floor(count / 10));
    expect(tens).toEqual([...new Set(tens)].sort((a, b) => a - b));
    expect(tens.at(-1)).toBe(Math.floor(drops / 10));
    expect(JSON.stringify(await get('logs?limit=200'))).not.toContain('Dropped');
    expect((await gateway.metrics()).value('bff_dropped_total', { dialect: 'diagnostics' })).toBe(drops);

    slow.socket.resume();
    await slow.next((packet) => numberOf(packet) === total);
    const seen = slow.packets.map(numberOf).filter((number) => number > 0);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    expect(seen.length + drops).toBe(total);
    expect(seen.slice(-100)).toEqual(Array.from({ length: 100 }, (_, index) => total - 99 + index));
    slow.socket.close();
    await slow.closed;
    const line = `WebSocket disconnected: ${id} `;
    const farewell = await well[0]?.next(({ data }) => String(data.message).startsWith(line));
    expect(farewell?.data.message).toMatch(new RegExp(`\\(sent: \\d+, dropped: ${drops}\\)$`));
  });
});

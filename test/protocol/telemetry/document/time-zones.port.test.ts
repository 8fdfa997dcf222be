import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { connectClient, valueAt } from '../../../support/client.ts';
import { spawnGateway } from '../../../support/gateway-process.ts';
import { createPublisher } from '../../../support/publisher.ts';
import { redisMissing, startRedis } from '../../../support/redis-server.ts';
import { startScriptedEngine } from '../../../support/scripted-engine.ts';
import { type TestScope, useIn } from '../../../support/wait.ts';

const moment = (second: number) => new Date(Date.UTC(2026, 0, 1, 12, 0, second));
const withZone = (second: number) => moment(second).toISOString();
/** As Python's `datetime.utcnow().isoformat()` words it. */
const withoutZone = (second: number) => withZone(second).replace('Z', '');
const asEpoch = (second: number) => moment(second).getTime() / 1000;
type Worded = (second: number) => string | number;

/** A gateway on a machine in this zone, between a real Redis and an engine that is told. */
async function setUp(test: TestScope, zone: string) {
  const redis = await useIn(test, startRedis());
  const engine = await useIn(test, startScriptedEngine());
  const settings = { ENGINE_URL: engine.url, REDIS_URL: redis.url, POLL_TIMEOUT_MS: '20000' };
  const gateway = await useIn(test, spawnGateway({ TZ: zone, ...settings }));
  const publisher = await useIn(test, createPublisher(redis.url));
  const client = await useIn(test, connectClient(gateway.wsUrl));
  await client.next(({ data }) => valueAt(data, 'sources', 'redis', 'status') === 'fresh');
  return { engine, publisher, client };
}

/** How polls word their times, and events. */
const wordings: readonly (readonly [Worded, Worded])[] = [
  [withoutZone, withZone],
  [withZone, withoutZone],
  [asEpoch, withoutZone],
];

describe.skipIf(redisMissing).each(['Asia/Tokyo', 'America/New_York'])(
  'A gateway on a machine in %s',
  (zone) => {
    it('holds a HALT against a poll in flight and no longer, however their times are worded', async (test) => {
      const { engine, publisher, client } = await setUp(test, zone);
      const shown = (second: number) =>
        client.next(({ data }) => valueAt(data, 'market', 'alpha') === second);
      for (const [index, [ofPolls, ofEvents]] of wordings.entries()) {
        const start = 100 * index;
        const state = (second: number): JsonObject => ({
          timestamp: ofPolls(second),
          status: 'ACTIVE',
          market: { symbol: 'SPY', alpha: second },
        });
        (await engine.nextRequest()).answer(state(start + 10));
        await shown(start + 10);

        const inFlight = await engine.nextRequest();
        await publisher.publish({ timestamp: ofEvents(start + 20), status: 'HALT' });
        const halted = await client.next(({ data }) => data.status === 'HALT');
        expect(Date.parse(String(halted.data.timestamp))).toBe(moment(start + 20).getTime());
        inFlight.answer(state(start + 15));
        expect((await shown(start + 15)).data.status).toBe('HALT');
        (await engine.nextRequest()).answer(state(start + 21));
        const corrected = await shown(start + 21);
        expect(corrected.data.status).toBe('ACTIVE');
        expect(Date.parse(String(corrected.data.timestamp))).toBe(moment(start + 21).getTime());
      }
    });
  },
);

import { describe, expect, it } from 'vitest';
import { connectClient, type Packet, type TestClient, valueAt } from '../../../support/client.ts';
import { startGateway } from '../../../support/gateway.ts';
import { createPublisher, type Publisher } from '../../../support/publisher.ts';
import { redisMissing, startRedis } from '../../../support/redis-server.ts';
import { type ScriptedEngine, startScriptedEngine } from '../../../support/scripted-engine.ts';
import { type TestScope, useIn, waitFor } from '../../../support/wait.ts';

const time = (second: number): string => new Date(Date.UTC(2026, 0, 1, 12, 0, second)).toISOString();
const state = (price: number, second: number) => ({
  timestamp: time(second),
  status: 'ACTIVE',
  market: { symbol: 'SPY', price, alpha: second },
});
const priceOf = ({ data }: Packet) => valueAt(data, 'market', 'price');
const alphaOf = ({ data }: Packet) => valueAt(data, 'market', 'alpha');

interface Scene {
  readonly engine: ScriptedEngine;
  readonly publisher: Publisher;
  readonly client: TestClient;
  /** Values that a poll answer would have undone, so far. */
  arbitrated(): Promise<number>;
}

/** A gateway that shows price 100 of second 10, between a real Redis and an engine that answers on command. */
async function setUp(test: TestScope): Promise<Scene> {
  const redis = await useIn(test, startRedis());
  const engine = await useIn(test, startScriptedEngine());
  const gateway = await useIn(
    test,
    startGateway({
      engine: false,
      settings: { ENGINE_URL: engine.url, REDIS_URL: redis.url, POLL_TIMEOUT_MS: '20000' },
    }),
  );
  const publisher = await useIn(test, createPublisher(redis.url));
  const client = await useIn(test, connectClient(gateway.wsUrl));
  await client.next(({ data }) => valueAt(data, 'sources', 'redis', 'status') === 'fresh');
  (await engine.nextRequest()).answer(state(100, 10));
  await client.next((packet) => priceOf(packet) === 100);
  const arbitrated = async () => (await gateway.metrics()).value('bff_arbitrated_total');
  return { engine, publisher, client, arbitrated };
}

describe.skipIf(redisMissing).concurrent('An event that arrives while a poll is in flight', () => {
  it('stands where it is newer than the answer by the engine’s clock', async (test) => {
    const { engine, publisher, client, arbitrated } = await setUp(test);
    const inFlight = await engine.nextRequest();
    await publisher.publish({ timestamp: time(20), market: { price: 200 } });
    await client.next((packet) => priceOf(packet) === 200);
    inFlight.answer(state(101, 15));
    // The answer's other values come through: by them it is seen to have been applied.
    const applied = await client.next((packet) => alphaOf(packet) === 15);
    expect(priceOf(applied)).toBe(200);
    expect(applied.data.timestamp).toBe(time(20));
    expect(await arbitrated()).toBe(1);

    (await engine.nextRequest()).answer(state(102, 21));
    const next = await client.next((packet) => alphaOf(packet) === 21);
    expect(priceOf(next)).toBe(102);
    expect(await arbitrated()).toBe(1);
  });

  it('gives way to an answer that is newer by the engine’s clock', async (test) => {
    const { engine, publisher, client, arbitrated } = await setUp(test);
    const inFlight = await engine.nextRequest();
    await publisher.publish({ timestamp: time(12), market: { price: 200 } });
    await client.next((packet) => priceOf(packet) === 200);
    inFlight.answer(state(101, 15));
    const applied = await client.next((packet) => alphaOf(packet) === 15);
    expect(priceOf(applied)).toBe(101);
    expect(applied.data.timestamp).toBe(time(15));
    expect(await arbitrated()).toBe(0);
  });

  it('stands on a tie', async (test) => {
    const { engine, publisher, client } = await setUp(test);
    const inFlight = await engine.nextRequest();
    await publisher.publish({ timestamp: time(15), market: { price: 200 } });
    await client.next((packet) => priceOf(packet) === 200);
    inFlight.answer(state(101, 15));
    const applied = await client.next((packet) => alphaOf(packet) === 15);
    expect(priceOf(applied)).toBe(200);
  });

  it('stands without a timestamp until a poll that was started after it', async (test) => {
    const { engine, publisher, client } = await setUp(test);
    const inFlight = await engine.nextRequest();
    await publisher.publish({ market: { price: 200 } });
    await client.next((packet) => priceOf(packet) === 200);
    inFlight.answer(state(101, 15));
    const applied = await client.next((packet) => alphaOf(packet) === 15);
    expect(priceOf(applied)).toBe(200);
    (await engine.nextRequest()).answer(state(102, 16));
    const next = await client.next((packet) => alphaOf(packet) === 16);
    expect(priceOf(next)).toBe(102);
    const seen = client.packets.map(priceOf);
    expect(seen.slice(seen.indexOf(200))).not.toContain(101);
    await waitFor('the last packet', () => priceOf(client.latest) === 102);
  });
});

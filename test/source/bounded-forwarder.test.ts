import { describe, expect, it } from 'vitest';
import { createBoundedForwarder } from '../../src/source/bounded-forwarder.ts';
import type { EngineAnswer } from '../../src/source/engine-client.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';
import { setUpTraffic } from './engine-traffic-set-up.ts';

const never = new AbortController().signal;
const answered: EngineAnswer = { status: 200, contentType: undefined, retryAfter: undefined, body: '{}' };
const bound = 128;

/** A forwarder whose requests end when the test says so. */
function setUp() {
  const meter = createMemoryMeter();
  const waiting: { resolve(answer: EngineAnswer): void; reject(error: Error): void }[] = [];
  const forwarder = createBoundedForwarder(
    { ask: () => new Promise((resolve, reject) => waiting.push({ resolve, reject })) },
    meter,
  );
  const ask = () => forwarder.ask('/messages', never);
  const asked = Array.from({ length: bound }, ask);
  return {
    waiting,
    asked,
    ask,
    refused: () => meter.value('bff_rejected_total', { edge: 'forward', reason: 'too_many' }),
  };
}

describe('BoundedForwarder', () => {
  it('says itself that there are too many, and when to come again, where the engine has enough to do', async () => {
    const { ask, waiting, refused } = setUp();
    const answer = await ask();
    expect(answer).toMatchObject({
      status: 429,
      contentType: 'application/problem+json',
      retryAfter: '1',
    });
    expect(JSON.parse(answer.body)).toMatchObject({ status: 429, code: 'TOO_MANY_REQUESTS' });
    expect([waiting.length, refused()]).toEqual([bound, 1]);
  });

  it('has room again for each that ends, however it ends', async () => {
    const { ask, asked, waiting, refused } = setUp();
    waiting[0]?.resolve(answered);
    waiting[1]?.reject(new Error('gone'));
    expect(await asked[0]).toBe(answered);
    await expect(asked[1]).rejects.toThrow('gone');
    const further = [ask(), ask()];
    expect((await ask()).status).toBe(429);
    expect(waiting).toHaveLength(bound + 2);
    for (const { resolve } of waiting) resolve(answered);
    expect(await Promise.all(further)).toEqual([answered, answered]);
    expect(refused()).toBe(1);
  });

  it('leaves those it refuses out of the engine’s figures', async () => {
    const { traffic } = setUpTraffic();
    for (let count = 0; count < bound; count += 1) {
      traffic.forwarder.ask('/hanging', never).catch(() => {});
    }
    expect((await traffic.forwarder.ask('/hanging', never)).status).toBe(429);
    expect(traffic.figures()).toMatchObject({ requestCount: bound, successPercent: 100 });
  });
});

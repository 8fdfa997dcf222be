import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/source/engine.ts';
import type { ForwardedAnswer } from '../../src/source/engine-client.ts';
import type { Asker } from '../../src/source/engine-places.ts';
import { PollFailure } from '../../src/source/poll-failure.ts';
import { createTestContext } from '../support/context.ts';
import { setUpEngine } from './engine-set-up.ts';

const answered: ForwardedAnswer = { status: 200, contentType: undefined, retryAfter: undefined, body: '{}' };
/** A quarter of the connections, and of what may be under way. */
const connections = 4;
const bound = 32;
const asker: Asker = { client: 'a', path: 'messages' };

/** An engine whose requests end when the test says so, and a client that has asked for all it may. */
function setUp() {
  const { clock, meter } = createTestContext();
  const waiting: { resolve(answer: ForwardedAnswer): void; reject(error: Error): void }[] = [];
  const engine = new Engine({
    client: {
      get: () => Promise.reject(new Error('nothing is polled')),
      ask: () => new Promise((resolve, reject) => waiting.push({ resolve, reject })),
      forward: () => Promise.reject(new Error('nothing is forwarded')),
      close: async () => {},
    },
    board: { lastAnswerAt: undefined },
    clock,
    meter,
  });
  const ask = (of: Asker = asker, signal = new AbortController().signal) =>
    engine.ask('/messages', signal, of);
  const asked = Array.from({ length: bound }, () => ask());
  return {
    waiting,
    asked,
    ask,
    settled: () => new Promise<void>((resolve) => setImmediate(resolve)),
    refused: () => meter.value('bff_rejected_total', { edge: 'forward', reason: 'too_many' }),
  };
}

describe('Engine, of what clients ask it at once,', () => {
  it('says itself that there are too many, and when to come again, where the engine has enough to do', async () => {
    const { ask, waiting, refused } = setUp();
    const answer = await ask();
    expect(answer).toMatchObject({
      status: 429,
      contentType: 'application/problem+json',
      retryAfter: '1',
    });
    expect(JSON.parse(answer.body)).toMatchObject({ status: 429, code: 'TOO_MANY_REQUESTS' });
    expect([waiting.length, refused()]).toEqual([connections, 1]);
  });

  it('has room again for each that ends, however it ends', async () => {
    const { ask, asked, waiting, settled, refused } = setUp();
    await settled();
    waiting[0]?.resolve(answered);
    waiting[1]?.reject(new Error('gone'));
    expect(await asked[0]).toBe(answered);
    await expect(asked[1]).rejects.toThrow('gone');
    const further = [ask(), ask()];
    expect((await ask()).status).toBe(429);
    for (let turn = 0; waiting.length < bound + 2 && turn < bound; turn += 1) {
      for (const { resolve } of waiting) resolve(answered);
      await settled();
    }
    for (const { resolve } of waiting) resolve(answered);
    expect(await Promise.all(further)).toEqual([answered, answered]);
    expect([waiting.length, refused()]).toEqual([bound + 2, 1]);
  });

  it('asks for another client, and for what does not hang, beside one that has its share under way', async () => {
    const { ask, waiting, settled } = setUp();
    const other: Asker = { client: 'b', path: 'instances' };
    await settled();
    expect(waiting).toHaveLength(connections);
    for (const one of [other, { ...other, path: asker.path }, { ...other, client: asker.client }])
      ask(one).catch(() => {});
    await settled();
    expect(waiting).toHaveLength(connections + 3);
  });

  it('does not ask for one who went away while it waited', async () => {
    const { ask, waiting, settled } = setUp();
    const gone = new AbortController();
    const other: Asker = { client: 'b', path: 'instances' };
    for (let count = 0; count < connections; count += 1) ask(other).catch(() => {});
    const late = ask(other, gone.signal).catch((error: unknown) => error);
    await settled();
    gone.abort();
    expect(await late).toBeInstanceOf(PollFailure);
    for (const { resolve } of [...waiting]) resolve(answered);
    await settled();
    expect(waiting).toHaveLength(3 * connections);
  });

  it('leaves those it refuses out of the engine’s figures', async () => {
    const { engine } = setUpEngine();
    for (let count = 0; count < bound; count += 1) {
      engine.ask('/hanging', new AbortController().signal, asker).catch(() => {});
    }
    expect((await engine.ask('/hanging', new AbortController().signal, asker)).status).toBe(429);
    expect(engine.figures()).toMatchObject({ requestCount: connections, successPercent: 100 });
  });
});

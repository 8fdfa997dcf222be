import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { Poller } from '../../src/source/poller.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';
import { within } from '../support/wait.ts';
import { json, useEngine } from './engine-server.ts';

describe('An answer with a great many members', () => {
  it.for<[number, object]>([
    [20_000, { ok: true }],
    [
      20_001,
      { ok: false, failure: { reason: 'too_many', message: 'the answer has too many members and items' } },
    ],
  ])('of %i is taken, or a failure in its own words', async ([count, expected], test) => {
    const { engine, client } = await useEngine(test);
    const keys = Array.from({ length: count }, (_, index) => `"key${index}":0`);
    engine.answerWith(json(`{${keys.join(',')}}`));
    const meter = createMemoryMeter();
    const poller = new Poller({
      ...{ name: 'state', path: '/', timeoutMs: 5000, engine: client, clock: systemClock, meter },
      read: (value) => value,
    });
    expect(await within('the poll', Promise.resolve(poller.poll()))).toMatchObject(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { createIdempotencyStore } from '../../src/demo/idempotency.ts';
import { json } from '../../src/demo/reply.ts';

function counting() {
  const store = createIdempotencyStore();
  let runs = 0;
  const once = (key?: string) =>
    store.once(key, () => {
      runs += 1;
      return json(200, { run: runs });
    });
  return { once, runs: () => runs };
}

describe('idempotency store', () => {
  it('runs each time without a key, and once with one', () => {
    const { once, runs } = counting();
    once();
    once();
    const first = once('a');
    expect(once('a')).toEqual({ ...first, headers: { ...first.headers, 'idempotent-replayed': 'true' } });
    expect(runs()).toBe(3);
  });

  it('remembers the last 1,000 keys and forgets the oldest beyond them', () => {
    const { once, runs } = counting();
    for (let key = 0; key < 1000; key += 1) once(`${key}`);
    once('0');
    expect(runs()).toBe(1000);
    once('1000');
    once('1');
    expect(runs()).toBe(1001);
    once('0');
    expect(runs()).toBe(1002);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DemoEngine } from '../../src/demo/engine.ts';
import { FirstAnswers } from '../../src/demo/routes.ts';

let engine: DemoEngine;
let url: string;

beforeEach(async () => {
  engine = new DemoEngine({ port: 0, stepMs: 60_000 });
  ({ url } = await engine.start());
});
afterEach(() => engine.stop());

async function command(name: string, body?: string, headers: Record<string, string> = {}) {
  const init = { method: 'POST', headers, ...(body === undefined ? {} : { body }) };
  const response = await fetch(`${url}/api/system/${name}`, init);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

describe('demo engine commands', () => {
  it('halts and resumes, with or without a reason', async () => {
    const halted = await command('halt', '{"reason":"drill"}');
    expect(halted).toMatchObject({ status: 200, body: { status: 'HALT', reason: 'drill' } });
    const again = await command('halt');
    expect(again.body).toEqual({ status: 'HALT', halted_at: engine.market.statusSince() });
    expect(engine.market.status()).toBe('HALT');
    expect(await command('resume')).toMatchObject({
      body: { status: 'ACTIVE', resumed_at: expect.any(String) },
    });
  });

  it('gives the first answer to a repeated key and has no second effect', async () => {
    const key = { 'idempotency-key': 'k1' };
    const first = await command('halt', undefined, key);
    await command('resume', undefined, key);
    expect(engine.market.status()).toBe('ACTIVE');
    const repeated = await command('halt', undefined, key);
    expect(repeated.body).toEqual(first.body);
    expect(repeated.headers.get('idempotent-replayed')).toBe('true');
    expect(engine.market.status()).toBe('ACTIVE');
  });

  it.each([
    ['not JSON', '{', 400, 'body'],
    ['a list', '[]', 400, 'body'],
    ['a number for a reason', '{"reason":7}', 400, 'reason'],
    ['a long reason', JSON.stringify({ reason: 'x'.repeat(501) }), 400, 'reason'],
  ])('refuses %s, and halts nothing', async (_name, body, status, field) => {
    expect(await command('halt', body)).toMatchObject({ status, body: { field } });
    expect(engine.market.status()).toBe('ACTIVE');
  });

  it('refuses a key of no length', async () => {
    const refused = await command('halt', undefined, { 'idempotency-key': '' });
    expect(refused).toMatchObject({ status: 400, body: { field: 'Idempotency-Key' } });
  });
});

function counting() {
  const store = new FirstAnswers();
  let runs = 0;
  const once = (key?: string) =>
    store.once(key, () => {
      runs += 1;
      return { run: runs };
    });
  return { once, runs: () => runs };
}

describe('idempotency store', () => {
  it('runs each time without a key, and once with one', () => {
    const { once, runs } = counting();
    once();
    once();
    const first = once('a');
    expect(first.isRepeated).toBe(false);
    expect(once('a')).toEqual({ ...first, isRepeated: true });
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

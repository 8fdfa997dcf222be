import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shareStructure } from '../../src/client/structural-sharing.ts';
import { equalJson, isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { diff } from '../../src/wire/delta.ts';

const value: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom<JsonValue>(null, true, 0, -0, 1, 'a', ''),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'market', '__proto__', 'length'), tie('value'), { maxKeys: 4 }),
  ),
})).value;
const object: fc.Arbitrary<JsonObject> = fc.dictionary(fc.constantFrom('a', 'b', 'logs', '__proto__'), value);

/** Whatever in `shared` equals its counterpart in `previous` is that very object. */
function expectIdentity(previous: JsonValue | undefined, shared: JsonValue): void {
  if (previous === undefined || typeof shared !== 'object' || shared === null) return;
  if (equalJson(previous, shared)) expect(shared).toBe(previous);
  else if (isJsonObject(previous) && isJsonObject(shared)) {
    for (const [key, item] of Object.entries(shared)) {
      expectIdentity(Object.hasOwn(previous, key) ? previous[key] : undefined, item);
    }
  }
}

describe('shareStructure', () => {
  it('gives a document that equals the next one, and keeps what did not change', () => {
    fc.assert(
      fc.property(object, object, (previous, next) => {
        const shared = shareStructure(previous, next);
        expect(equalJson(shared, next)).toBe(true);
        expectIdentity(previous, shared);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the previous document itself where nothing differs, whatever the order of keys', () => {
    const previous = { market: { symbol: 'SPY', price: 1 }, logs: [{ message: 'a' }], none: null };
    const next = { none: null, logs: [{ message: 'a' }], market: { price: 1, symbol: 'SPY' } };
    expect(shareStructure(previous, next)).toBe(previous);
  });

  it('keeps the sections that a full packet repeats', () => {
    const previous = JSON.parse(
      '{"market":{"price":1},"agents":{"a":{"score":1},"b":{"score":2}},"logs":[]}',
    );
    const next = JSON.parse('{"market":{"price":2},"agents":{"a":{"score":1},"b":{"score":3}},"logs":[]}');
    const shared = shareStructure(previous, next);
    expect(shared).toEqual(next);
    expect(shared.logs).toBe(previous.logs);
    expect(Object(shared.agents).a).toBe(previous.agents.a);
    expect(shared.agents).not.toBe(previous.agents);
  });

  it('keeps the lines of a log that rolled on', () => {
    const line = (n: number): JsonObject => ({ message: `line ${n}` });
    const previous = { logs: [1, 2, 3].map(line) };
    const { logs } = shareStructure(previous, { logs: [2, 3, 4].map(line) });
    if (!Array.isArray(logs)) throw new Error('no logs');
    expect(logs).toEqual([2, 3, 4].map(line));
    expect(logs[0]).toBe(previous.logs[1]);
    expect(logs[1]).toBe(previous.logs[2]);
  });

  it('leaves no way to an object’s prototype', () => {
    const next = JSON.parse('{"__proto__":{"polluted":true}}');
    const shared = shareStructure({}, next);
    expect(Object.hasOwn(shared, '__proto__')).toBe(true);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(diff(shared, next)).toEqual({ patch: {} });
  });
});

import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  equalJson,
  estimateBytes,
  estimateMemory,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  setOwn,
  shareUnchanged,
  withoutKey,
} from '../../src/core/json.ts';
import { arbitraryJson, arbitraryJsonObject, canonicalText, deepFreeze } from '../support/arbitrary-json.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Of the heap of this thread, without garbage. */
function bytesUsed(): number {
  collectGarbage();
  return getHeapStatistics().used_heap_size;
}

const copyOf = <Value extends JsonValue>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

describe('isJsonObject', () => {
  it.each([[{}], [{ length: 1 }], [Object.create(null)]])('takes %j', (value) => {
    expect(isJsonObject(value)).toBe(true);
  });

  it.each([[null], [undefined], [[]], ['text'], [1], [true], [() => 1]])('refuses %s', (value) => {
    expect(isJsonObject(value)).toBe(false);
  });
});

describe('setOwn', () => {
  it.each(['a', 'constructor', '__proto__'])('sets a member of its own by the name %s', (key) => {
    const object: Record<string, JsonValue> = {};
    setOwn(object, key, { x: 1 });
    expect(JSON.stringify(object)).toBe(`{"${key}":{"x":1}}`);
    expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
    expect('x' in object).toBe(false);
  });
});

describe('withoutKey', () => {
  it('leaves one key out of a copy', () => {
    const object = deepFreeze({ a: 1, b: { c: 2 } });
    expect(withoutKey(object, 'a')).toEqual({ b: { c: 2 } });
    expect(withoutKey(object, 'a').b).toBe(object.b);
  });

  it.each(['x', 'toString', '__proto__'])('returns the same object where it has no own key %s', (key) => {
    const object = { a: 1 };
    expect(withoutKey(object, key)).toBe(object);
  });
});

describe('equalJson', () => {
  it('agrees with the text in sorted key order', () => {
    fc.assert(
      fc.property(arbitraryJson, arbitraryJson, (a, b) => {
        expect(equalJson(a, b)).toBe(canonicalText(a) === canonicalText(b));
        expect(equalJson(a, copyOf(a))).toBe(true);
      }),
    );
  });

  it.each<[JsonValue, JsonValue]>([
    [[], {}],
    [{}, []],
    [null, {}],
    [0, ''],
    [0, false],
    [[1], { '0': 1, length: 1 }],
    [{ a: 1 }, { b: 1 }],
    [{ toString: 1 }, { a: 1 }],
    [{ a: null }, {}],
    [[1], [1, null]],
  ])('tells %j from %j', (a, b) => {
    expect(equalJson(a, b)).toBe(false);
    expect(equalJson(b, a)).toBe(false);
  });

  it('counts neither key order nor the sign of zero', () => {
    expect(equalJson({ a: 0, b: [{ c: 1, d: 2 }] }, { b: [{ d: 2, c: 1 }], a: -0 })).toBe(true);
  });
});

describe('shareUnchanged', () => {
  it('means the next document, and shares every section that did not change', () => {
    fc.assert(
      fc.property(arbitraryJsonObject, arbitraryJsonObject, (previous, next) => {
        const shared = shareUnchanged(deepFreeze(previous), deepFreeze(next));
        expect(shared).toEqual(next);
        for (const [key, section] of Object.entries(shared)) {
          const old = Object.hasOwn(previous, key) ? previous[key] : undefined;
          if (old !== undefined && equalJson(old, section)) expect(section).toBe(old);
          else expect(section).toBe(next[key]);
        }
      }),
    );
  });

  it('returns the previous document exactly where nothing differs', () => {
    fc.assert(
      fc.property(arbitraryJsonObject, arbitraryJsonObject, (previous, next) => {
        expect(shareUnchanged(previous, copyOf(previous))).toBe(previous);
        expect(shareUnchanged(previous, next) === previous).toBe(equalJson(previous, next));
      }),
    );
  });

  it('sees a key that is gone, one that is new, and one that replaces another', () => {
    const previous: JsonObject = { a: {}, b: {} };
    expect(shareUnchanged(previous, { a: {} })).toEqual({ a: {} });
    expect(shareUnchanged(previous, { a: {}, b: {}, c: {} })).toEqual({ a: {}, b: {}, c: {} });
    expect(shareUnchanged(previous, { a: {}, c: {} })).toEqual({ a: {}, c: {} });
  });
});

describe('estimateMemory', () => {
  const kinds: Readonly<Record<string, (index: number) => JsonValue>> = {
    'small objects': (index) => ({ id: index, quantity: index + 0.5 }),
    'empty lists': () => [],
    texts: (index) => `order ${index} of many`,
    'objects in objects': (index) => ({ a: { b: { c: index / 3 } } }),
  };

  it.each(Object.entries(kinds))('is about what V8 keeps: %s', (_what, make) => {
    const value = Array.from({ length: 1000 }, (_, index) => make(index));
    const text = JSON.stringify(value);
    const before = bytesUsed();
    const kept: JsonValue[] = Array.from({ length: 100 }, () => JSON.parse(text));
    const taken = (bytesUsed() - before) / kept.length;
    expect(taken / estimateMemory(value)).toBeGreaterThan(0.5);
    expect(taken / estimateMemory(value)).toBeLessThan(1.5);
  });
});

describe('estimateBytes', () => {
  it('stays within a factor of the JSON text, in both directions', () => {
    fc.assert(
      fc.property(arbitraryJson, (value) => {
        const text = JSON.stringify(value).length;
        const estimate = estimateBytes(value);
        expect(estimate).toBeGreaterThanOrEqual(text / 3);
        expect(estimate).toBeLessThanOrEqual(text * 8);
      }),
    );
  });

  it('never falls when something is added', () => {
    fc.assert(
      fc.property(arbitraryJsonObject, arbitraryJson, (object, value) => {
        expect(estimateBytes({ ...object, added: value })).toBeGreaterThan(estimateBytes(object));
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { applyMergePatch, type Path } from '../../src/wire/merge-patch.ts';
import { deepFreeze } from '../support/arbitrary-json.ts';

/** RFC 7396, appendix A: target, patch, result. */
const appendixA: readonly [JsonValue, JsonValue, JsonValue][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

describe('applyMergePatch', () => {
  // A document here is always an object, so each example stands one level down.
  it.each(appendixA)('turns %j by %j into %j', (target, patch, result) => {
    expect(applyMergePatch(deepFreeze({ it: target }), deepFreeze({ it: patch }))).toEqual({ it: result });
  });

  it('removes a member by null, which RFC 7396 would have replace a whole document', () => {
    expect(applyMergePatch({ it: { a: 'foo' } }, { it: null })).toEqual({});
  });

  it('replaces arrays whole and leaves nulls in them alone', () => {
    const patch = { list: [null, { a: null }] };
    expect(applyMergePatch({ list: [1, 2, 3] }, patch)).toEqual(patch);
  });

  it('leaves keys where they were and puts new ones behind', () => {
    const result = applyMergePatch({ b: 1, a: { z: 1, y: 2 } }, { c: 3, a: { x: 3, z: 0 }, b: 2 });
    expect(JSON.stringify(result)).toBe('{"b":2,"a":{"z":0,"y":2,"x":3},"c":3}');
  });

  it('returns the target itself where no member changes', () => {
    const target = deepFreeze({ a: { b: 1, c: 'x' }, d: false });
    for (const patch of [{}, { a: {} }, { a: { b: 1 }, d: false }, { gone: null, a: { gone: null } }]) {
      expect(applyMergePatch(target, patch)).toBe(target);
    }
  });

  it.each(['constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'takes %s as a key like any other, also where the target only inherits it',
    (key) => {
      const target: JsonObject = { a: 1 };
      expect(applyMergePatch(target, { [key]: null })).toBe(target);
      expect(applyMergePatch(target, { [key]: { x: 1 } })).toEqual({ a: 1, [key]: { x: 1 } });
    },
  );

  it('reaches no prototype through __proto__', () => {
    const patch = JSON.parse(
      '{"a":{"__proto__":{"polluted":true}},"__proto__":{"polluted":true}}',
    ) as JsonObject;
    const result = applyMergePatch({ a: { b: 1 } }, patch);
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(result.a)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
  });
});

describe('applyMergePatch with keepsNull', () => {
  const keepsPrice = (path: Path): boolean => path.join('/') === 'market/price';

  it('sets a member to null where asked to, and removes elsewhere', () => {
    const target = { market: { price: 1, alpha: 2 }, price: 3 };
    const patch = { market: { price: null, alpha: null }, price: null };
    expect(applyMergePatch(target, patch, keepsPrice)).toEqual({ market: { price: null } });
  });

  it('sets null where no member was, and changes nothing where it is null already', () => {
    const patch = { market: { price: null } };
    const nulled = applyMergePatch({}, patch, keepsPrice);
    expect(nulled).toEqual(patch);
    expect(applyMergePatch(nulled, patch, keepsPrice)).toBe(nulled);
  });

  it('is asked with the whole path of each null outside arrays, and of nothing else', () => {
    const asked: string[] = [];
    const patch = { a: { b: { c: null, d: 1 } }, 'e.f': null, list: [null], g: 0 };
    applyMergePatch({}, patch, (path) => asked.push(JSON.stringify(path)) < 0);
    expect(asked).toEqual(['["a","b","c"]', '["e.f"]']);
  });

  it('may see a null become a value again', () => {
    const nulled = applyMergePatch({ market: { price: 1 } }, { market: { price: null } }, keepsPrice);
    expect(applyMergePatch(nulled, { market: { price: 2 } }, keepsPrice)).toEqual({ market: { price: 2 } });
  });
});

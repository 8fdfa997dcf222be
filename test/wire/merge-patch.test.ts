import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { applyMergePatch, type Path } from '../../src/wire/merge-patch.ts';
import { arbitraryJsonObject, deepFreeze } from '../support/arbitrary-json.ts';

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

/** The pseudocode of RFC 7396, section 2, word for word. */
function rfc7396(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch;
  const result = new Map(isJsonObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, rfc7396(result.get(name), value));
  }
  return Object.fromEntries(result);
}

/** RFC 7396 with every null as a value. */
const always = (): boolean => true;

const asObject = (value: JsonValue | undefined): JsonObject => (isJsonObject(value) ? value : {});

/** The paths of all nulls outside arrays. */
function nullPaths(value: JsonValue, path: Path = []): Path[] {
  if (value === null) return [path];
  return Object.entries(asObject(value)).flatMap(([key, member]) => nullPaths(member, [...path, key]));
}

function at(document: JsonObject, path: Path): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const key of path) {
    const object: JsonObject = asObject(value);
    value = Object.hasOwn(object, key) ? object[key] : undefined;
  }
  return value;
}

/** Every branch that the patch does not name is the very object that the target has there. */
function expectShared(result: JsonObject, target: JsonObject, patch: JsonObject): void {
  for (const [key, member] of Object.entries(target)) {
    if (!Object.hasOwn(patch, key)) expect(result[key]).toBe(member);
    else if (isJsonObject(patch[key]) && isJsonObject(member) && isJsonObject(result[key]))
      expectShared(result[key], member, patch[key]);
  }
}

describe('applyMergePatch, whatever target and patch', () => {
  const documents = [arbitraryJsonObject.map(deepFreeze), arbitraryJsonObject.map(deepFreeze)] as const;

  it('gives what the pseudocode of the RFC gives, and writes to neither', () => {
    fc.assert(
      fc.property(...documents, (target, patch) => {
        expect(applyMergePatch(target, patch)).toEqual(rfc7396(target, patch));
      }),
      { numRuns: 500 },
    );
  });

  it('changes nothing the second time, and says so by identity', () => {
    fc.assert(
      fc.property(...documents, fc.boolean(), (target, patch, keepsNull) => {
        const once = applyMergePatch(target, patch, () => keepsNull);
        expect(applyMergePatch(once, patch, () => keepsNull)).toBe(once);
      }),
    );
  });

  it('shares every branch that the patch does not name', () => {
    fc.assert(
      fc.property(...documents, (target, patch) => {
        expectShared(applyMergePatch(target, patch), target, patch);
      }),
    );
  });

  it('sets each null it is told to keep, and no key with one it is not', () => {
    fc.assert(
      fc.property(...documents, (target, patch) => {
        const kept = applyMergePatch(target, patch, always);
        const removed = applyMergePatch(target, patch);
        for (const path of nullPaths(patch)) {
          expect(at(kept, path)).toBe(null);
          expect(at(removed, path)).toBe(undefined);
        }
      }),
    );
  });

  it('replaces the target whole by a patch from nothing', () => {
    fc.assert(
      fc.property(documents[1], (patch) => {
        expect(applyMergePatch({}, patch, always)).toEqual(patch);
      }),
    );
  });
});

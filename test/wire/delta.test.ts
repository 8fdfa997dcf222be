import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { applyDelta, diff } from '../../src/wire/delta.ts';
import { deepFreeze } from '../support/arbitrary-json.ts';

const parsed = (text: string): JsonObject => JSON.parse(text) as JsonObject;

/** A value within `depth` objects. */
function nested(depth: number, leaf: JsonValue): JsonObject {
  return depth === 1 ? { a: leaf } : { a: nested(depth - 1, leaf), b: depth };
}

describe('diff', () => {
  it('is empty between equal documents, whatever the order of keys', () => {
    expect(
      diff(
        parsed('{"a":1,"b":{"c":[1,{"d":2}],"e":null}}'),
        parsed('{"b":{"e":null,"c":[1,{"d":2}]},"a":1}'),
      ),
    ).toEqual({
      patch: {},
    });
    expect(diff({}, {})).toEqual({ patch: {} });
  });

  it('tells what was set, what was removed and nothing else, at any depth', () => {
    const previous = { market: { price: 1, alpha: 2, regime: { name: 'x', since: 1 } }, gone: 1, kept: [1] };
    const next = { market: { price: 3, alpha: 2, regime: { name: 'x' } }, kept: [1], come: { a: 1 } };
    expect(diff(previous, next)).toEqual({
      patch: { market: { price: 3, regime: { since: null } }, come: { a: 1 }, gone: null },
    });
  });

  it('does not look into sections that are the same object', () => {
    const section = new Proxy<JsonObject>(
      {},
      {
        ownKeys: () => {
          throw new Error('looked into');
        },
      },
    );
    expect(diff({ section, price: 1 }, { section, price: 2 })).toEqual({ patch: { price: 2 } });
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['a member that became null', { a: 1 }, { a: null }],
    ['a new member that is null', {}, { a: null }],
    ['a null in a section', { a: { b: 1 } }, { a: { b: null } }],
    ['a null deep in a new section', {}, { a: { b: { c: { d: null } } } }],
    ['a null in a section that was text', { a: 'x' }, { a: { b: null } }],
    ['a null in a section that was an array', { a: [] }, { a: { b: null } }],
    ['a null among other changes', { a: 1, b: 1, c: { d: 1 } }, { a: 2, c: { d: null } }],
  ])('knows no patch for %s', (_what, previous, next) => {
    expect(diff(previous, next)).toBeUndefined();
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['a null that was there before', { a: null, b: 1 }, { a: null, b: 2 }],
    ['a null that is gone', { a: null }, {}],
    ['a null that became something', { a: { b: null } }, { a: { b: 1 } }],
    ['a null within an array', { a: [1] }, { a: [null] }],
    ['a null in an object in an array', { a: 1 }, { a: [{ b: null }] }],
    ['a null appended', { a: [1] }, { a: [1, { b: null }] }],
  ])('has a patch for %s', (_what, previous, next) => {
    const delta = diff(previous, next);
    expect(delta).toBeDefined();
    expect(applyDelta(previous, delta ?? { patch: {} })).toEqual(next);
  });

  it('takes 0 for −0, as JSON text does', () => {
    expect(diff({ a: 0, b: [-0] }, { a: -0, b: [0] })).toEqual({ patch: {} });
  });

  it('goes 60 levels deep', () => {
    expect(diff(nested(60, 1), nested(60, 1))).toEqual({ patch: {} });
    const delta = diff(nested(60, 1), nested(60, 2));
    expect(applyDelta(nested(60, 1), delta ?? { patch: {} })).toEqual(nested(60, 2));
    expect(diff(nested(60, 1), nested(60, null))).toBeUndefined();
  });

  it('treats __proto__ and constructor as the keys they are', () => {
    const previous = parsed('{"__proto__":{"a":1},"constructor":{"b":1},"x":{"__proto__":1}}');
    const next = parsed('{"__proto__":{"a":2},"x":{"__proto__":{"polluted":true}},"toString":"y"}');
    const delta = diff(previous, next);
    expect(JSON.stringify(delta?.patch)).toBe(
      '{"__proto__":{"a":2},"x":{"__proto__":{"polluted":true}},"toString":"y","constructor":null}',
    );
    const applied = applyDelta(previous, delta ?? { patch: {} });
    expect(JSON.stringify(applied)).toBe(JSON.stringify(next));
    expect(Object.getPrototypeOf(applied)).toBe(Object.prototype);
    expect(JSON.stringify(diff({}, parsed('{"__proto__":[1]}')))).toBe('{"patch":{"__proto__":[1]}}');
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('rolls an array called __proto__ like any other', () => {
    const [previous, next] = [parsed('{"__proto__":[1,2]}'), parsed('{"__proto__":[2,3]}')];
    const delta = diff(previous, next);
    expect(JSON.stringify(delta)).toBe('{"patch":{},"append":{"__proto__":{"drop":1,"add":[3]}}}');
    expect(JSON.stringify(applyDelta(previous, delta ?? { patch: {} }))).toBe('{"__proto__":[2,3]}');
  });
});

describe('applyDelta', () => {
  it('changes neither the document nor the delta', () => {
    const document = deepFreeze({ a: { b: 1 }, logs: [1, 2] });
    const delta = deepFreeze({ patch: { a: { b: 2 } }, append: { logs: { drop: 1, add: [3] } } });
    expect(applyDelta(document, delta)).toEqual({ a: { b: 2 }, logs: [2, 3] });
  });

  it.each([[{}], [{ logs: 'text' }], [{ logs: { length: 2 } }]])(
    'refuses to append to what is no array: %j',
    (document) => {
      expect(() => applyDelta(document, { patch: {}, append: { logs: { drop: 0, add: [1] } } })).toThrow(
        /logs/,
      );
    },
  );
});

const logs = (from: number, to: number): JsonObject[] =>
  Array.from({ length: to - from }, (_, index) => ({ level: 'INFO', message: `line ${from + index}` }));

describe('diff of rolling arrays', () => {
  it.each<[string, JsonValue[], JsonValue[], { drop: number; add: JsonValue[] }]>([
    ['grew', logs(0, 3), logs(0, 5), { drop: 0, add: logs(3, 5) }],
    ['rolled on', logs(0, 10), logs(2, 12), { drop: 2, add: logs(10, 12) }],
    ['lost its first', logs(0, 10), logs(1, 10), { drop: 1, add: [] }],
    ['rolled to its last', logs(0, 10), logs(9, 19), { drop: 9, add: logs(10, 19) }],
    ['repeats itself', [1, 1, 1], [1, 1, 1, 1], { drop: 0, add: [1] }],
    ['repeats itself and rolled', [1, 2, 1, 2], [1, 2, 1, 3], { drop: 2, add: [1, 3] }],
  ])('says how one %s', (_what, previous, next, append) => {
    const delta = diff({ logs: previous, a: 1 }, { logs: next, a: 2 });
    expect(delta).toEqual({ patch: { a: 2 }, append: { logs: append } });
    expect(applyDelta({ logs: previous, a: 1 }, delta ?? { patch: {} })).toEqual({ logs: next, a: 2 });
  });

  it.each<[string, JsonValue[], JsonValue[]]>([
    ['replaced whole', logs(0, 10), logs(20, 30)],
    ['emptied', logs(0, 3), []],
    ['filled', [], logs(0, 3)],
    ['grown at the front', [2, 3], [1, 2, 3]],
    ['cut at the end', [1, 2, 3], [1, 2]],
    ['changed in the middle', [1, 2, 3, 4], [1, 5, 3, 4]],
  ])('puts one that was %s into the patch', (_what, previous, next) => {
    expect(diff({ logs: previous }, { logs: next })).toEqual({ patch: { logs: next } });
  });

  it('rolls top-level arrays only, and several at once', () => {
    const delta = diff(
      { a: [1, 2], b: [1], deep: { c: [1] } },
      { a: [2, 3], b: [1, 2], deep: { c: [1, 2] } },
    );
    expect(delta).toEqual({
      patch: { deep: { c: [1, 2] } },
      append: { a: { drop: 1, add: [3] }, b: { drop: 0, add: [2] } },
    });
  });

  it('compares arrays that look alike all over in time of their length, not its square', () => {
    let reads = 0;
    const counting = (items: JsonValue[]): JsonValue[] =>
      new Proxy(items, {
        get(target, key, receiver) {
          if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1;
          return Reflect.get(target, key, receiver);
        },
      });
    const length = 4000;
    const same = Array.from({ length }, () => 0);
    const previous = counting([...same.slice(1), 1]);
    const delta = diff({ logs: previous }, { logs: [...same.slice(1), 2] });
    expect(delta).toEqual({ patch: { logs: [...same.slice(1), 2] } });
    expect(reads).toBeLessThan(20 * length);
  });
});

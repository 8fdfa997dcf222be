import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { applyDelta, diff } from '../../src/wire/delta.ts';

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

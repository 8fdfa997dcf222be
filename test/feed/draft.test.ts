import { describe, expect, it } from 'vitest';
import { Draft } from '../../src/feed/draft.ts';
import { deepFreeze } from '../support/arbitrary-json.ts';

describe('Draft', () => {
  it('is the original while nothing is changed', () => {
    const original = deepFreeze({ a: 1 });
    const draft = new Draft(original);
    draft.delete('b');
    expect(draft.get('a')).toBe(1);
    expect(draft.result).toBe(original);
  });

  it('copies once, and shares what is not changed', () => {
    const original = deepFreeze({ a: 1, b: { c: 1 } });
    const draft = new Draft(original);
    draft.set('a', 2);
    const { result } = draft;
    draft.set('d', 3);
    draft.delete('a');
    expect(draft.result).toBe(result);
    expect(result).toEqual({ b: { c: 1 }, d: 3 });
    expect(result.b).toBe(original.b);
    expect(original).toEqual({ a: 1, b: { c: 1 } });
  });

  it('takes names of the prototype for members like any other', () => {
    const draft = new Draft({});
    expect(draft.get('toString')).toBeUndefined();
    draft.delete('toString');
    draft.set('__proto__', { polluted: true });
    expect(draft.get('polluted')).toBeUndefined();
    expect(draft.get('__proto__')).toEqual({ polluted: true });
    expect(JSON.stringify(draft.result)).toBe('{"__proto__":{"polluted":true}}');
  });
});

import { describe, expect, it } from 'vitest';
import { countHeap, growing } from './heap-census.ts';

const kinds = ['hidden', 'object', 'closure', 'string'];

/** A snapshot of nodes, each given as kind and name. */
function snapshotOf(...nodes: readonly (readonly [string, string])[]): unknown {
  return {
    snapshot: { meta: { node_fields: ['type', 'name', 'id'], node_types: [kinds, 'string', 'number'] } },
    nodes: nodes.flatMap(([kind], index) => [kinds.indexOf(kind), index, 2 * index + 1]),
    strings: nodes.map(([, name]) => name),
  };
}

describe('countHeap', () => {
  it('tells objects apart by constructor, and functions by name', () => {
    const census = countHeap(
      snapshotOf(['object', 'Session'], ['object', 'Session'], ['object', 'Map'], ['closure', 'Session']),
    );

    expect(Object.fromEntries(census)).toEqual({
      'object Session': 2,
      'object Map': 1,
      'closure Session': 1,
    });
  });

  it('counts strings together, whatever they say', () => {
    expect(countHeap(snapshotOf(['string', 'a'], ['string', 'b'])).get('string')).toBe(2);
  });

  it('refuses what is no snapshot', () => {
    expect(() => countHeap({ nodes: [] })).toThrow('not a heap snapshot');
    expect(() => countHeap(JSON.parse('null'))).toThrow('not a heap snapshot');
  });
});

describe('growing', () => {
  const censuses = (...counts: number[]) => counts.map((count) => new Map([['object Session', count]]));

  it('names a class that grows each time by more than is allowed', () => {
    expect(growing(censuses(10, 30, 50), 10)).toEqual([{ name: 'object Session', counts: [10, 30, 50] }]);
  });

  it('leaves out what filled up once', () => {
    expect(growing(censuses(10, 500, 500), 10)).toEqual([]);
  });

  it('leaves out what stays within the allowed', () => {
    expect(growing(censuses(10, 20, 30), 10)).toEqual([]);
  });

  it('takes a class that was not there as none', () => {
    expect(growing([new Map(), ...censuses(20, 40)], 10)).toEqual([
      { name: 'object Session', counts: [0, 20, 40] },
    ]);
  });
});

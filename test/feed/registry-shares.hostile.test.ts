import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bound, Registry } from '../../src/feed/registry.ts';
import { createManualClock } from '../support/manual-clock.ts';

function setUp(max: number, lingerMs = 0) {
  return new Registry<string, string>({
    clock: createManualClock(),
    key: (name) => name,
    open: (name) => name,
    close: () => {},
    isReserved: (name) => name === 'plain',
    bound: new Bound(max),
    lingerMs,
  });
}

describe('Registry, of what holders share,', () => {
  it('gives nobody more than half, and leaves the rest to others', () => {
    const registry = setUp(10);
    const greedy = Array.from({ length: 10 }, (_, index) => registry.acquire(`A${index}`, 'greedy'));
    expect(greedy.filter((lease) => lease !== undefined)).toHaveLength(5);
    expect(registry.acquire('B', 'other')).toBeDefined();
    // What is open already costs nothing.
    expect(registry.acquire('B', 'greedy')).toBeDefined();
    greedy[0]?.release();
    greedy[0]?.release();
    expect(registry.acquire('A0', 'greedy')).toBeUndefined();
    greedy[1]?.release();
    expect(registry.acquire('A0', 'greedy')).toBeDefined();
  });

  it('lets those whom nobody can tell apart have all of it', () => {
    const registry = setUp(10);
    for (let index = 0; index < 10; index += 1) expect(registry.acquire(`A${index}`)).toBeDefined();
    expect(registry.acquire('B')).toBeUndefined();
  });

  it('opens what is reserved with every place taken', () => {
    const registry = setUp(2);
    for (const name of ['A', 'B']) registry.acquire(name);
    expect(registry.acquire('C')).toBeUndefined();
    expect(registry.acquire('plain', 'anyone')).toBeDefined();
  });

  it('keeps to the bounds in any order of coming and going, and forgets who has left', () => {
    const move = fc.record({ holder: fc.nat({ max: 2 }), name: fc.nat({ max: 12 }), leave: fc.boolean() });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 150 }), (moves) => {
        const registry = setUp(8);
        const held: { holder: number; name: number; release: () => void }[] = [];
        const uses = (holder: number) =>
          new Set(held.filter((one) => one.holder === holder).map(({ name }) => name));
        const open = () => new Set(held.map(({ name }) => name));
        for (const { holder, name, leave } of moves) {
          if (leave) {
            held.shift()?.release();
            continue;
          }
          const isNew = !open().has(name);
          const mayHave = !isNew || (open().size < 8 && (open().size < 4 || uses(holder).size < 4));
          const lease = registry.acquire(`${name}`, `${holder}`);
          expect(lease !== undefined).toBe(mayHave);
          if (lease !== undefined) held.push({ holder, name, release: () => lease.release() });
        }
      }),
    );
  });
});

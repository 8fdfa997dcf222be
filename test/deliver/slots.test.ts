import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Slots } from '../../src/deliver/slots.ts';

const outlet = { canTake: () => true, offer: () => 1 };

/** Sessions in slots, by name, and who was visited in the sweep under way. */
function setUp(names: number) {
  const slots = new Slots<{ slot: number; readonly name: number }>();
  let next = 0;
  const join = () => {
    slots.add({ slot: slots.size, name: next }, outlet, 1);
    next += 1;
  };
  for (let count = 0; count < names; count += 1) join();
  const visited: number[] = [];
  const visit = () => {
    if (slots.order.isOver) return;
    const name = slots.followings[slots.order.take()]?.name;
    if (name !== undefined) visited.push(name);
  };
  return {
    slots,
    visited,
    join,
    visit,
    here: () => slots.followings.map(({ name }) => name),
    leave(index: number) {
      const leaving = slots.followings[index % Math.max(1, slots.size)];
      if (leaving !== undefined) slots.remove(leaving);
    },
    sweep() {
      visited.length = 0;
      slots.order.begin(slots.size);
      while (!slots.order.isOver) visit();
      return [...visited];
    },
  };
}

describe('The order of sweeps', () => {
  it.each([0, 1, 2, 7, 500])('visits each of %i once', (names) => {
    const { sweep, here } = setUp(names);
    for (let sweeps = 0; sweeps < 20; sweeps += 1) expect(sweep().sort((a, b) => a - b)).toEqual(here());
  });

  it('starts at another place with each pair, and serves nobody later than others on the whole', () => {
    const { sweep } = setUp(500);
    const ranks = Array.from({ length: 500 }, () => 0);
    const firsts = new Set<number>();
    for (let sweeps = 0; sweeps < 200; sweeps += 1) {
      const order = sweep();
      firsts.add(order[0] ?? -1);
      for (const [rank, name] of order.entries()) ranks[name] = (ranks[name] ?? 0) + rank;
    }
    expect(firsts.size).toBeGreaterThan(150);
    expect(new Set(ranks)).toEqual(new Set([(200 * 499) / 2]));
  });

  it('leaves out nobody who was there all the time, whoever comes and goes meanwhile', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant('visit' as const) },
      { weight: 1, arbitrary: fc.constant('join' as const) },
      { weight: 2, arbitrary: fc.nat(1000) },
    );
    fc.assert(
      fc.property(fc.nat(12), fc.nat(20), fc.array(step, { maxLength: 60 }), (names, before, steps) => {
        const { slots, sweep, visited, visit, join, leave, here } = setUp(names);
        for (let sweeps = 0; sweeps < before; sweeps += 1) sweep();
        visited.length = 0;
        const there = here();
        slots.order.begin(slots.size);
        for (const next of steps) {
          if (next === 'visit') visit();
          else if (next === 'join') join();
          else leave(next);
          for (const [slot, following] of slots.followings.entries()) expect(following.slot).toBe(slot);
        }
        while (!slots.order.isOver) visit();
        const stayed = new Set(here());
        for (const name of there) if (stayed.has(name)) expect(visited).toContain(name);
      }),
      { numRuns: 2000 },
    );
  });
});

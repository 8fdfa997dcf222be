import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DroppedCount } from '../../src/encode/event-index.ts';

describe('DroppedCount', () => {
  it('counts every number between two places where none was said not to count', () => {
    const missed = new DroppedCount();
    missed.note(1, 0);
    missed.note(9, 0);
    expect([missed.between(1, 9), missed.between(3, 9), missed.between(9, 9)]).toEqual([8, 6, 0]);
  });

  it('counts what counts, between any two places noted, whatever lies in between', () => {
    const steps = fc.array(fc.record({ weight: fc.integer({ min: 1, max: 9 }), counts: fc.boolean() }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, fc.nat(60), fc.nat(60), (taken, a, b) => {
        const missed = new DroppedCount();
        missed.note(1, 0);
        const places = [{ seq: 1, counted: 0 }];
        let [seq, uncounted, counted] = [1, 0, 0];
        for (const { weight, counts } of taken) {
          seq += weight;
          if (counts) counted += weight;
          else uncounted += weight;
          missed.note(seq, uncounted);
          places.push({ seq, counted });
        }
        const from = places[Math.min(a, b) % places.length];
        const to = places.at(-1);
        if (from === undefined || to === undefined) throw new Error('no places');
        expect(missed.between(from.seq, to.seq)).toBe(to.counted - from.counted);
      }),
    );
  });

  it('takes every number to count that lies further back than it remembers', () => {
    const missed = new DroppedCount();
    missed.note(1, 0);
    for (let place = 1; place <= 5000; place += 1) missed.note(1 + 2 * place, place);
    expect(missed.between(10_001 - 200, 10_001)).toBe(100);
    const all = missed.between(1, 10_001);
    expect(all).toBeGreaterThan(5000);
    expect(all).toBeLessThanOrEqual(10_000);
  });
});

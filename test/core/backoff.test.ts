import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../src/core/backoff.ts';

const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('backoffMs', () => {
  it('doubles its ceiling with each attempt until the maximum', () => {
    const ceilings = [1, 2, 3, 4, 5, 6, 1000].map((attempt) =>
      backoffMs(attempt, { baseMs: 50, maxMs: 1000, random: () => 0.999_999 }),
    );
    expect(ceilings).toEqual([50, 100, 200, 400, 800, 1000, 1000]);
  });

  it('is jittered over the whole range', () => {
    const at = (random: number) => backoffMs(3, { baseMs: 100, maxMs: 10_000, random: () => random });
    expect([at(0), at(0.25), at(0.5)]).toEqual([0, 100, 200]);
  });

  it('is a whole number between 0 and the maximum, whatever the attempt', () => {
    const attempt = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(1e9, Number.MAX_SAFE_INTEGER));
    const milliseconds = fc.integer({ min: 1, max: 1e6 });
    fc.assert(
      fc.property(attempt, milliseconds, milliseconds, fraction, (count, baseMs, maxMs, random) => {
        const wait = backoffMs(count, { baseMs, maxMs, random: () => random });
        expect(Number.isInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(maxMs);
      }),
    );
  });

  it('spreads without a source of randomness of its own', () => {
    const waits = Array.from({ length: 50 }, () => backoffMs(20, { baseMs: 100, maxMs: 1e9 }));
    expect(new Set(waits).size).toBeGreaterThan(1);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SuccessRate } from '../../src/source/success-rate.ts';

describe('SuccessRate', () => {
  it('is 100 while there was nothing', () => {
    expect(new SuccessRate().percent(0)).toBe(100);
    expect(new SuccessRate().percent(5_000_000)).toBe(100);
  });

  it('is the share that went well', () => {
    const rate = new SuccessRate();
    rate.add(0, true);
    rate.add(1, false);
    rate.add(59_000, true);
    expect(rate.percent(59_999)).toBeCloseTo(66.67, 2);
    rate.add(59_999, false);
    expect(rate.percent(59_999)).toBe(50);
  });

  it('forgets what is a minute old, second by second', () => {
    const rate = new SuccessRate();
    rate.add(500, false);
    rate.add(1500, false);
    rate.add(30_000, true);
    expect(rate.percent(59_999)).toBeCloseTo(33.33, 2);
    expect(rate.percent(60_000)).toBe(50);
    expect(rate.percent(61_000)).toBe(100);
    expect(rate.percent(90_000)).toBe(100);
  });

  it('is what a list of all that happened gives, whatever happened when', () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 40_000 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 70_000 }), (steps, rest) => {
        const rate = new SuccessRate();
        const happened: { second: number; good: boolean }[] = [];
        let now = 0;
        for (const [wait, good] of steps) {
          now += wait;
          rate.add(now, good);
          happened.push({ second: Math.floor(now / 1000), good });
        }
        now += rest;
        const recent = happened.filter(({ second }) => second > Math.floor(now / 1000) - 60);
        const share = recent.filter(({ good }) => good).length / recent.length;
        expect(rate.percent(now)).toBe(recent.length === 0 ? 100 : share * 100);
      }),
    );
  });
});

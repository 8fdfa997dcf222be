import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../src/core/token-bucket.ts';

const takes = (bucket: TokenBucket, nowMs: number, tries: number): number =>
  Array.from({ length: tries }, () => bucket.take(nowMs)).filter(Boolean).length;

const rates = fc.integer({ min: 1, max: 1000 });
const bursts = fc.integer({ min: 1, max: 50 });
/** Steps of time, in ms with fractions as a monotonic clock has them. */
const steps = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 2000, noNaN: true })), {
  maxLength: 60,
});

describe('TokenBucket', () => {
  it.each([0, 1e12, -5])('is full at first, at time %d', (nowMs) => {
    expect(takes(new TokenBucket({ perSecond: 20, burst: 5 }), nowMs, 9)).toBe(5);
  });

  it('gives one token back each 50 ms at 20 a second', () => {
    const bucket = new TokenBucket({ perSecond: 20, burst: 5 });
    takes(bucket, 0, 5);
    expect([bucket.take(49), bucket.take(50), bucket.take(50), bucket.take(99), bucket.take(100)]).toEqual([
      false,
      true,
      false,
      false,
      true,
    ]);
  });

  it('never holds more than its burst, however long it rests', () => {
    const bucket = new TokenBucket({ perSecond: 20, burst: 5 });
    takes(bucket, 0, 5);
    expect(takes(bucket, 1e9, 9)).toBe(5);
  });

  it('gives its burst and no more where no token comes back', () => {
    const bucket = new TokenBucket({ perSecond: 0, burst: 3 });
    expect(takes(bucket, 0, 9) + takes(bucket, 1e6, 9)).toBe(3);
  });

  it('asks for no wait exactly when a token is there', () => {
    fc.assert(
      fc.property(rates, bursts, steps, (perSecond, burst, gaps) => {
        const bucket = new TokenBucket({ perSecond, burst });
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          const wait = bucket.waitMs(now);
          expect(Number.isInteger(wait)).toBe(true);
          expect(bucket.take(now)).toBe(wait === 0);
        }
      }),
    );
  });

  it('has a token after the wait it asked for', () => {
    fc.assert(
      fc.property(rates, bursts, steps, (perSecond, burst, gaps) => {
        const bucket = new TokenBucket({ perSecond, burst });
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          // One millisecond more where the sum of many fractions falls short of a whole token.
          if (!bucket.take(now)) expect(bucket.waitMs(now + bucket.waitMs(now))).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('gives in no span of time more than its burst and what came back meanwhile', () => {
    fc.assert(
      fc.property(rates, bursts, steps, (perSecond, burst, gaps) => {
        const bucket = new TokenBucket({ perSecond, burst });
        const taken: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          for (let count = takes(bucket, now, 60); count > 0; count -= 1) taken.push(now);
        }
        for (const [index, from] of taken.entries()) {
          const span = (now - from) / 1000;
          expect(taken.length - index).toBeLessThanOrEqual(burst + span * perSecond + 1e-6);
        }
      }),
      { numRuns: 50 },
    );
  });
});

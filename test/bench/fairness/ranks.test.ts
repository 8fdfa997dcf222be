import { describe, expect, it } from 'vitest';
import { rankCorrelation, ranks } from './ranks.ts';

describe('ranks', () => {
  it('are places by size', () => {
    expect(ranks([30, 10, 20])).toEqual([2, 0, 1]);
  });

  it('are shared by those of the same size', () => {
    expect(ranks([5, 7, 5, 9])).toEqual([0.5, 2, 0.5, 3]);
  });
});

describe('rankCorrelation', () => {
  it('is 1 where both grow together, however fast, and −1 where one falls', () => {
    expect(rankCorrelation([1, 2, 3, 4], [1, 10, 100, 1000])).toBeCloseTo(1);
    expect(rankCorrelation([1, 2, 3, 4], [9, 7, 2, 1])).toBeCloseTo(-1);
  });

  it('is 0 where one tells nothing of the other', () => {
    expect(rankCorrelation([1, 2, 3, 4], [2, 4, 1, 3])).toBeCloseTo(0);
    expect(rankCorrelation([1, 2, 3, 4, 5], [1, 2, 3, 2, 1])).toBeCloseTo(0);
  });

  it('is none where all are the same', () => {
    expect(rankCorrelation([1, 2, 3], [4, 4, 4])).toBeNaN();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxRecentLength, RecentLines } from '../../../src/source/file-tail/recent.ts';

describe('RecentLines', () => {
  it('keeps the newest lines, as many as it may', () => {
    fc.assert(
      fc.property(fc.nat(5), fc.array(fc.array(fc.string())), fc.nat(8), (maxLines, batches, count) => {
        const recent = new RecentLines(maxLines);
        for (const batch of batches) recent.add(batch);
        const kept = Math.min(maxLines, count);
        expect(recent.last(count)).toEqual(kept === 0 ? [] : batches.flat().slice(-kept));
      }),
    );
  });

  it('lets the oldest go when they are too long together', () => {
    const recent = new RecentLines(1000);
    const long = (letter: string) => letter.repeat(maxRecentLength / 4);
    recent.add(['short', ...['a', 'b', 'c', 'd'].map(long)]);
    expect(recent.last(10).map((line) => line.at(0))).toEqual(['a', 'b', 'c', 'd']);
    recent.add(['e']);
    expect(recent.last(10).map((line) => line.at(0))).toEqual(['b', 'c', 'd', 'e']);
  });

  it('has as much room as at first once cleared', () => {
    const recent = new RecentLines(1000);
    recent.add(['x'.repeat(maxRecentLength)]);
    recent.clear();
    expect(recent.last(10)).toEqual([]);
    recent.add(['y'.repeat(maxRecentLength)]);
    expect(recent.last(10)).toHaveLength(1);
  });
});

import { describe, expect, it } from 'vitest';
import { offeredRanges, PriceTracks, priceRanges } from '../../src/dashboard/model/price-tracks.ts';

const start = 1_800_000_000_000;

describe('The ranges of the chart', () => {
  it.for([
    [0, '1 min'],
    [60, '1 min'],
    [70, '1 min, 5 min'],
    [601, '1 min, 5 min, 10 min'],
    [700, '1 min, 5 min, 10 min, 1 h'],
    [90_000, '1 min, 5 min, 10 min, 1 h, 6 h, 24 h'],
  ] as const)('go as far as there is a past: of %i s', ([seconds, labels]) => {
    expect(
      offeredRanges(seconds)
        .map(({ label }) => label)
        .join(', '),
    ).toBe(labels);
  });

  it('have steps of their own, and at most as many as are seen apart', () => {
    const tracks = new PriceTracks();
    tracks.put({ at: start - 100_000_000, value: 1 });
    tracks.put({ at: start, value: 2 });
    const read = priceRanges.map(({ seconds }) => tracks.read(seconds));
    expect(read.map(({ stepMs }) => stepMs)).toEqual([1000, 1000, 1000, 5000, 30_000, 120_000]);
    expect(read.map(({ values }) => values.length)).toEqual([60, 300, 600, 720, 720, 720]);
    expect(tracks.pastSeconds(start)).toBe(100_000);
  });
});

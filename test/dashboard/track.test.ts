import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastOf, Track, type TrackPoint } from '../../src/dashboard/model/track.ts';

const gap = Number.NaN;
const trackOf = (points: readonly TrackPoint[], length = 10): Track => {
  const track = new Track({ stepMs: 1000, length });
  for (const point of points) track.put(point);
  return track;
};

describe('Track', () => {
  it('keeps the last value of each step, and holds a value until the next', () => {
    const track = trackOf([
      { at: 1000, value: 1 },
      { at: 1900, value: 2 },
      { at: 4100, value: 3 },
    ]);
    expect(track.read()).toEqual({ from: 1000, stepMs: 1000, values: [2, 2, 2, 3] });
  });

  it('has a gap from the step after a value became unknown', () => {
    const track = trackOf([
      { at: 1000, value: 1 },
      { at: 2500, value: null },
      { at: 5000, value: 4 },
    ]);
    expect(track.read().values).toEqual([1, 1, gap, gap, 4]);
  });

  it('forgets what is older than its length, also after a long sleep', () => {
    const track = trackOf([{ at: 1000, value: 1 }], 3);
    track.put({ at: 9000, value: null });
    expect(track.read().values).toEqual([1, 1, 1]);
    track.advance(9_000_000);
    expect(track.read().values).toEqual([]);
  });

  it('takes a clock that was set back for standing still', () => {
    const track = trackOf([
      { at: 5000, value: 1 },
      { at: 2000, value: 2 },
      { at: 6000, value: 3 },
    ]);
    expect(track.read()).toMatchObject({ from: 5000, values: [2, 3] });
  });

  it('is filled from others where it has a gap, and nowhere else', () => {
    const track = trackOf([
      { at: 4000, value: 40 },
      { at: 5000, value: null },
      { at: 8000, value: 80 },
    ]);
    track.fill(
      [
        { at: 2000, value: 2 },
        { at: 4000, value: 4 },
        { at: 6500, value: null },
        { at: 8000, value: 8 },
      ],
      8000,
    );
    expect(track.read()).toEqual({ from: 2000, stepMs: 1000, values: [2, 2, 40, 40, 4, gap, 80] });
  });

  it('shows what it was filled with up to now, also where nothing was put before', () => {
    const track = new Track({ stepMs: 1000, length: 10 });
    track.fill([{ at: 1000, value: 7 }], 3500);
    expect(track.read()).toEqual({ from: 1000, stepMs: 1000, values: [7, 7, 7] });
    track.put({ at: 4000, value: 8 });
    expect(track.read().values).toEqual([7, 7, 7, 8]);
  });

  it('gives its end, from the first value in it', () => {
    const view = { from: 1000, stepMs: 1000, values: [1, gap, gap, 4, 5] };
    expect(lastOf(view, 3)).toEqual({ from: 4000, stepMs: 1000, values: [4, 5] });
    expect(lastOf(view, 9)).toEqual(view);
    expect(lastOf({ ...view, values: [] }, 9).values).toEqual([]);
  });

  it('says at every step what a list of all points says', () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 4000 }),
      value: fc.option(fc.integer({ min: 0, max: 99 })),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        let at = 50_000;
        const points = steps.map(({ wait, value }) => {
          at += wait;
          return { at, value };
        });
        const { from, values } = trackOf(points, 1000).read();
        for (const [index, value] of values.entries()) {
          const begin = from + index * 1000;
          const within = points.filter((point) => Math.floor(point.at / 1000) * 1000 === begin);
          const known = within.findLast((point) => point.value !== null)?.value;
          const before = points.findLast((point) => point.at < begin)?.value;
          expect(value).toBe(known ?? before ?? gap);
        }
      }),
    );
  });
});

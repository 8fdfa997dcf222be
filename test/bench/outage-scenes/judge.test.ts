import { describe, expect, it } from 'vitest';
import { contradictions, firstShown, type Moment, type Shown, type Truth } from './judge.ts';

const live: Shown = { source: true, price: true, halted: false, figures: { price: '1', nav: '2' } };
const lost: Shown = { ...live, source: false, price: false };
const beganAt = 1_000_000;
const judged = { beganAt, endedAt: beganAt + 60_000, paceSeconds: 0 };

/** Pairs of seconds after the beginning and what is shown from then on. */
const history = (...shown: readonly (readonly [number, Shown])[]): Moment[] =>
  shown.map(([second, what]) => ({ at: beganAt + second * 1000, shown: what }));

describe('contradictions', () => {
  const truths: readonly Truth[] = [{ from: 2, source: false }];

  it('are none where the truth was shown in time, or a little later than that', () => {
    expect(contradictions(history([-5, live], [1.9, lost]), truths, judged)).toEqual([]);
    expect(contradictions(history([-5, live], [2.4, lost]), truths, judged)).toEqual([]);
  });

  it('name what was shown as live, and from when to when', () => {
    expect(contradictions(history([-5, live]), truths, judged)).toEqual([
      'shown as live though it is not, t=2.0 to 60.0',
    ]);
    expect(contradictions(history([-5, live], [1, lost], [30, live], [35, lost]), truths, judged)).toEqual([
      'shown as live though it is not, t=30.0 to 35.0',
    ]);
  });

  it('take several moments with the same claim as one', () => {
    const other: Shown = { ...live, figures: { price: '3', nav: '2' } };
    expect(contradictions(history([-5, live], [2.3, other], [2.6, lost]), truths, judged)).toEqual([
      'shown as live though it is not, t=2.0 to 2.6',
    ]);
  });

  it('name what was called stale though it was live, until the end of that truth', () => {
    expect(contradictions(history([-5, lost]), [{ from: 0, until: 9, source: true }], judged)).toEqual([
      'called stale though it is live, t=0.0 to 9.0',
    ]);
  });

  it('allow a paced viewer its pace, but not for urgent news', () => {
    const paced = { ...judged, paceSeconds: 30 };
    const both: readonly Truth[] = [{ from: 2, source: false, price: false }];
    const late = history([-5, live], [20, lost]);
    expect(contradictions(late, both, paced)).toEqual(['shown as live though it is not, t=2.0 to 20.0']);
    expect(contradictions(late, both, judged)).toHaveLength(2);
  });

  it('name a figure that stands still while the engine’s moves', () => {
    const moving: readonly Truth[] = [{ from: 10, moving: ['price', 'nav'] }];
    const moves = [11, 13, 15, 17].map(
      (at) => [at, { ...live, figures: { price: `${at}`, nav: '2' } }] as const,
    );
    expect(
      contradictions(history([-5, live], ...moves), moving, { ...judged, endedAt: beganAt + 20_000 }),
    ).toEqual(['nav stands still though the engine’s moves, t=10.0 to 20.0']);
  });
});

describe('the first time that trouble was shown', () => {
  const isTrouble = ({ source }: Shown): boolean => !source;

  it('is counted from its beginning', () => {
    expect(firstShown(history([-5, live], [1.7, lost], [9, live]), isTrouble, judged)).toBeCloseTo(1.7);
  });

  it('is never where it was not shown by the end', () => {
    expect(firstShown(history([-5, live], [61, lost]), isTrouble, judged)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { Sweeps } from './sweeps.ts';

/** Versions, each with the clients that got it, in order. */
function sweepsOf(clients: number, ...versions: readonly (readonly number[])[]): Sweeps {
  const sweeps = new Sweeps(clients);
  for (const [index, order] of versions.entries()) for (const client of order) sweeps.got(client, index + 2);
  return sweeps;
}

describe('Sweeps', () => {
  it('give each client its mean place', () => {
    expect(sweepsOf(3, [0, 1, 2], [0, 2, 1]).meanPlaces).toEqual([0, 0.75, 0.75]);
  });

  it('tell of each version how its order went with that of connecting', () => {
    const [same, reversed, neither] = sweepsOf(3, [0, 1, 2], [2, 1, 0], [1, 0, 2]).correlations;
    expect([same, reversed]).toEqual([1, -1]);
    expect(neither).toBeCloseTo(0.5);
  });

  it('count who did not get a version, or got it twice', () => {
    expect(sweepsOf(2, [0, 1], [1, 0]).notOnce).toBe(0);
    expect(sweepsOf(2, [0, 1], [1]).notOnce).toBe(1);
    expect(sweepsOf(2, [0, 1, 0]).notOnce).toBe(1);
  });

  it('are over when all have the newest version', () => {
    expect(sweepsOf(2, [0, 1], [1]).isOver).toBe(false);
    expect(sweepsOf(2, [0, 1], [1, 0]).isOver).toBe(true);
  });

  it('start anew without what was before', () => {
    const sweeps = sweepsOf(2, [1, 0]);
    sweeps.reset();
    sweeps.got(0, 3);
    sweeps.got(1, 3);
    expect([sweeps.versions, sweeps.meanPlaces, sweeps.notOnce]).toEqual([1, [0, 1], 0]);
  });
});

import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { Arbiter } from '../../src/feed/arbiter.ts';
import { everything, overtaken, pollAfter } from './arbiter-set-up.ts';

describe('Arbiter, where an event set an empty object,', () => {
  it.each<[string, JsonObject, JsonObject, number]>([
    ['a scalar', { extra: 5 }, { extra: {} }, 1],
    ['a list', { extra: [1] }, { extra: {} }, 1],
    ['nothing', {}, { extra: {} }, 1],
    ['an object, merged into it', { extra: { a: 1 } }, { extra: { a: 1 } }, 0],
  ])('keeps it in the place of %s', (_what, answer, document, undone) => {
    const result = overtaken(answer, { extra: {} });
    expect([result.document, result.undone, result.arbiter.size]).toEqual([document, undone, 1]);
  });

  it('ends with the first answer that wins, and with its release', () => {
    const { arbiter } = overtaken({}, { extra: {} });
    expect(arbiter.reconcile({ extra: 7 }, pollAfter, everything).document).toEqual({ extra: 7 });
    expect(arbiter.size).toBe(0);
    arbiter.protect({ extra: {} }, { engineTime: 500, localTime: 1 });
    arbiter.releaseNewerThan(499);
    expect(arbiter.size).toBe(0);
  });

  it('goes back to what an event put there before, where only that is still protected', () => {
    const arbiter = new Arbiter();
    arbiter.protect({ extra: 5 }, { engineTime: 500, localTime: 1 });
    arbiter.protect({ extra: {} }, { engineTime: 400, localTime: 2 });
    const answer = { engineTime: 450, localTime: 3 };
    expect(arbiter.reconcile({ extra: 7 }, answer, everything).document).toEqual({ extra: 5 });
  });
});

describe('Arbiter, where an event set a great many members,', () => {
  const members = (of: number | null): JsonObject =>
    Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`key ${index}`, of]));

  // A copy for each of them would take minutes, in which nothing else happens.
  it.each<[string, JsonObject, JsonObject]>([
    ['puts them all back', members(2), members(2)],
    ['removes them all again', members(null), {}],
  ])('%s without a copy for each', (_what, patch, section) => {
    for (const wrap of [(object: JsonObject) => object, (object: JsonObject) => ({ section: object })]) {
      const { document, undone } = overtaken(wrap(members(1)), wrap(patch));
      expect(undone).toBe(50_000);
      expect(document).toEqual(wrap(section));
    }
  });
});

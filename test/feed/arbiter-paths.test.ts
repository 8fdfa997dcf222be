import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { Arbiter } from '../../src/feed/arbiter.ts';
import { applyMergePatch } from '../../src/wire/merge-patch.ts';
import { deepFreeze } from '../support/arbitrary-json.ts';
import { eventAt, everything, overtaken, pollAfter, pollBefore } from './arbiter-set-up.ts';

describe('Arbiter paths', () => {
  it('protects each leaf and none of its siblings', () => {
    const { document, undone } = overtaken(
      { market: { price: 1, alpha: 1, deep: { x: 1, y: 1 } }, logs: [1] },
      { market: { price: 2, deep: { y: 2 } } },
    );
    expect(document).toEqual({ market: { price: 2, alpha: 1, deep: { x: 1, y: 2 } }, logs: [1] });
    expect(undone).toBe(2);
  });

  it('takes an array as one leaf', () => {
    const { document, undone } = overtaken({ logs: [{ a: 1 }, { b: 1 }] }, { logs: [{ a: 2 }] });
    expect([document, undone]).toEqual([{ logs: [{ a: 2 }] }, 1]);
  });

  it('brings back leaves, sections and keys that the answer does not have', () => {
    const { document, undone } = overtaken({ status: 'ACTIVE' }, { agents: { a: { pnl: 1 } }, note: 'x' });
    expect([document, undone]).toEqual([{ status: 'ACTIVE', agents: { a: { pnl: 1 } }, note: 'x' }, 2]);
  });

  it('replaces what is no object where a protected leaf must go below it', () => {
    for (const other of [5, null, 'text', [1, 2], true]) {
      expect(overtaken({ extra: other }, { extra: { a: { b: 1 } } }).document).toEqual({
        extra: { a: { b: 1 } },
      });
    }
  });

  it('leaves the answer’s other branches the very objects they were', () => {
    const answer = deepFreeze({ market: { price: 1, deep: { x: 1 } }, portfolio: { nav: 1 } });
    const { document } = overtaken(answer, { market: { price: 2 } });
    expect(document.portfolio).toBe(answer.portfolio);
    expect((document.market as JsonObject).deep).toBe(answer.market.deep);
  });

  it.each(['toString', 'constructor', 'hasOwnProperty', 'size'])(
    'takes %s as a key like any other',
    (key) => {
      expect(overtaken({ a: 1 }, { [key]: null }).document).toEqual({ a: 1 });
      expect(overtaken({ a: {} }, { a: { [key]: 1 } }).document).toEqual({ a: { [key]: 1 } });
      expect(overtaken({ a: { [key]: 1 } }, { a: { [key]: null } }).document).toEqual({ a: {} });
    },
  );
});

describe('Arbiter, asked what is protected,', () => {
  it('says so of what events set or removed, of what is above and of what is below', () => {
    const { arbiter } = overtaken({}, { market: { price: null, deep: { x: [1] } }, agents: {}, note: 'x' });
    for (const path of [
      ['market'],
      ['market', 'price'],
      ['market', 'deep', 'x', 'y'],
      ['agents'],
      ['note', 'a'],
    ])
      expect(arbiter.protects(path), path.join('.')).toBe(true);
    for (const path of [['market', 'alpha'], ['agents', 'A'], ['status'], ['market', 'deep', 'y', 'z']])
      expect(arbiter.protects(path), path.join('.')).toBe(false);
    arbiter.reconcile({ market: {}, agents: {}, note: 'y' }, pollAfter, everything);
    for (const path of [['market'], ['market', 'price'], ['agents'], ['note']])
      expect(arbiter.protects(path), path.join('.')).toBe(false);
  });
});

describe('Arbiter removals', () => {
  it('keeps removed what an event removed, until a newer answer brings it', () => {
    const { document, undone, arbiter } = overtaken(
      { extra: { a: 1, b: 1 }, c: 1 },
      { extra: { a: null }, c: null },
    );
    expect([document, undone]).toEqual([{ extra: { b: 1 } }, 2]);
    const newer = deepFreeze({ extra: { a: 9 }, c: 9 });
    expect(arbiter.reconcile(newer, pollAfter, everything).document).toBe(newer);
    expect(arbiter.size).toBe(0);
  });

  it('counts nothing where the answer has no such key, and makes no section for it', () => {
    for (const answer of [{}, { extra: {} }, { extra: 5 }, { extra: [1] }] satisfies JsonObject[]) {
      expect(overtaken(answer, { extra: { a: null } })).toMatchObject({ document: answer, undone: 0 });
    }
  });

  it('protects a null that is a value as one', () => {
    const arbiter = new Arbiter();
    const patch = { market: { price: null, extra: null } };
    arbiter.protect(patch, eventAt, (path) => path.join('.') === 'market.price');
    expect(arbiter.reconcile({ market: { price: 1, extra: 1 } }, pollBefore, everything)).toEqual({
      document: { market: { price: null } },
      undone: 2,
    });
  });

  it('ends when a later event sets the key again, and the other way round', () => {
    expect(overtaken({ a: 1 }, { a: null }, { a: 2 }).document).toEqual({ a: 2 });
    expect(overtaken({ a: 1 }, { a: 2 }, { a: null }).document).toEqual({});
  });
});

describe('Arbiter ancestors', () => {
  it('forgets the leaves below what a later event replaced or removed', () => {
    const replaced = overtaken({ extra: { a: 1, b: 1 } }, { extra: { a: 2 } }, { extra: 5 });
    expect([replaced.document, replaced.undone, replaced.arbiter.size]).toEqual([{ extra: 5 }, 1, 1]);
    const removed = overtaken({ extra: { a: 1, b: 1 } }, { extra: { a: 2 } }, { extra: null });
    expect([removed.document, removed.undone, removed.arbiter.size]).toEqual([{}, 1, 1]);
  });

  it.each<[string, JsonObject[]]>([
    ['a scalar that became an object', [{ extra: 5 }, { extra: { a: 2 } }]],
    ['a removed object that came back', [{ extra: null }, { extra: { a: 2 } }]],
    ['a list that became an object', [{ extra: [1] }, { extra: { a: { b: 2 } } }]],
    ['the same further down', [{ x: { extra: null } }, { x: { extra: { a: 2 } } }]],
    [
      'one that was removed and came back twice',
      [{ extra: null }, { extra: { a: 2 } }, { extra: null }, { extra: { c: 3 } }],
    ],
    ['a scalar that became an empty object', [{ extra: 5 }, { extra: {} }]],
    ['an object that was emptied', [{ extra: null }, { extra: {} }]],
    ['one that was emptied and filled', [{ extra: null }, { extra: {} }, { extra: { b: 2 } }]],
    ['one that was filled and emptied again', [{ extra: 5 }, { extra: { b: 2 } }, { extra: { b: null } }]],
    ['a leaf below one that came back', [{ extra: null }, { extra: { a: 2 } }, { extra: { a: null, c: 3 } }]],
  ])('undoes nothing of %s: the document stays as the events left it', (_what, events) => {
    const before: JsonObject = { extra: { a: 1, old: 1 }, x: { extra: { a: 1, old: 1 } } };
    const asEventsLeftIt = events.reduce((document, event) => applyMergePatch(document, event), before);
    expect(overtaken(before, ...events).document).toEqual(asEventsLeftIt);
  });
});

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

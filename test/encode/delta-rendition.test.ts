import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { arbitraryJson } from '../support/arbitrary-json.ts';
import { setUpRendition, textOf } from './rendition-set-up.ts';

/** Large enough beside `price` that a delta of that alone is always worth it. */
const rest = { note: 'x'.repeat(500) };
const delta = { mode: 'delta', initial: { price: 0, ...rest } } as const;

describe('StateRendition in delta mode', () => {
  it('tells a sweep what changed since the last one, however many versions there were between', () => {
    const { rendition, commit } = setUpRendition(delta);
    commit({ price: 1, ...rest });
    expect(textOf(rendition.next().delta)).toEqual({ type: 'DELTA', seq: 2, base: 1, patch: { price: 1 } });
    for (let price = 2; price <= 5; price += 1) commit({ price, ...rest });
    const update = rendition.next();
    expect(update.delta?.base).toBe(2);
    expect(textOf(update.delta)).toEqual({ type: 'DELTA', seq: 6, base: 2, patch: { price: 5 } });
    expect(textOf(update.full)).toEqual({ type: 'TELEMETRY', seq: 6, data: { price: 5, ...rest } });
  });

  it('leaves the base alone when somebody asks for the newest state between sweeps', () => {
    const { rendition, commit } = setUpRendition(delta);
    commit({ price: 1, ...rest });
    expect(textOf(rendition.latest())?.type).toBe('TELEMETRY');
    commit({ price: 2, ...rest });
    expect(rendition.next().delta?.base).toBe(1);
  });

  it('tells a sweep without news the newest state as a whole', () => {
    const { rendition, commit } = setUpRendition(delta);
    commit({ price: 1, ...rest });
    const update = rendition.next();
    expect(rendition.latest()).toBe(update.full);
    expect(rendition.next().seq).toBe(2);
  });

  it('makes no delta in full mode', () => {
    const { rendition, commit } = setUpRendition({ initial: delta.initial });
    commit({ price: 1, ...rest });
    expect(rendition.next().delta).toBeUndefined();
  });

  it('sends the whole where a null would have to be set, and deltas again after', () => {
    const { rendition, commit } = setUpRendition(delta);
    commit({ price: null, ...rest });
    expect(rendition.next().delta).toBeUndefined();
    commit({ price: null, market: 1, ...rest });
    expect(textOf(rendition.next().delta)).toMatchObject({ base: 2, patch: { market: 1 } });
  });

  it('appends to rolling arrays', () => {
    const { rendition, commit } = setUpRendition({ mode: 'delta', initial: { logs: ['a', 'b'], ...rest } });
    commit({ logs: ['b', 'c'], ...rest });
    expect(textOf(rendition.next().delta)).toMatchObject({
      patch: {},
      append: { logs: { drop: 1, add: ['c'] } },
    });
  });

  it('sends the whole after 600 deltas', () => {
    const { rendition, commit } = setUpRendition(delta);
    const wholes: number[] = [];
    for (let sweep = 1; sweep <= 1300; sweep += 1) {
      commit({ price: sweep, ...rest });
      if (rendition.next().delta === undefined) wholes.push(sweep);
    }
    expect(wholes).toEqual([601, 1202]);
  });

  it('counts its 600 deltas from the last whole', () => {
    const { rendition, commit } = setUpRendition(delta);
    let document: JsonObject = delta.initial;
    for (let sweep = 1; sweep <= 900; sweep += 1) {
      document = sweep === 400 ? { ...rest, price: null } : { ...rest, price: sweep };
      commit(document);
      expect(rendition.next().delta === undefined).toBe(sweep === 400);
    }
  });

  it('makes each packet of a version once, whoever asks for it and in whatever order', () => {
    const { rendition, commit, rendered } = setUpRendition(delta);
    commit({ price: 1, ...rest });
    // A client that drains gets the whole before the sweep; one that does not hold the base, within it.
    const early = rendition.latest();
    const update = rendition.next();
    const again = [update.full, rendition.latest(), rendition.next().full];
    expect(again.every(({ payload }) => payload.equals(early.payload))).toBe(true);
    expect(update.delta).toBeDefined();
    expect(rendered.sort()).toEqual(['DELTA 2', 'TELEMETRY 2']);
  });

  it('sends a delta only where that is smaller than 70 % of the whole', () => {
    const document = fc.record({
      a: arbitraryJson,
      logs: fc.array(fc.string(), { maxLength: 20 }),
      text: fc.string({ maxLength: 200 }),
    });
    fc.assert(
      fc.property(fc.array(document, { minLength: 2, maxLength: 8 }), (documents) => {
        const { rendition, commit } = setUpRendition({ mode: 'delta', initial: documents[0] ?? {} });
        for (const next of documents.slice(1)) {
          commit(next);
          const update = rendition.next();
          if (update.delta === undefined) continue;
          expect(update.delta.message.payload.length).toBeLessThan(0.7 * update.full.payload.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('sends the whole when the document shrank to little, as when its logs were emptied', () => {
    const logs = Array.from({ length: 50 }, (_, index) => `a line of some length, number ${index}`);
    const { rendition, commit } = setUpRendition({ mode: 'delta', initial: { logs, a: 1 } });
    commit({ logs, a: 2 });
    expect(rendition.next().delta).toBeDefined();
    commit({ logs: [], a: 3 });
    const { delta: sent, full } = rendition.next();
    expect(sent === undefined || sent.message.payload.length < 0.7 * full.payload.length).toBe(true);
  });

  it('does not make the whole where the delta is clearly the smaller one', () => {
    const { rendition, commit, rendered } = setUpRendition(delta);
    commit({ price: 1, ...rest });
    rendition.next();
    rendered.length = 0;
    for (let price = 2; price < 50; price += 1) {
      commit({ price, ...rest });
      rendition.next();
    }
    expect(rendered.filter((packet) => !packet.startsWith('DELTA'))).toEqual([]);
  });
});

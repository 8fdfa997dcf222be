import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { applyDelta, type Delta, diff } from '../../src/wire/delta.ts';
import { arbitraryJson, arbitraryJsonObject, canonicalText, deepFreeze } from '../support/arbitrary-json.ts';
import { applyPacket } from '../support/packet-reader.ts';

/** Whether a merge patch would have to set something to null. */
function mustSetNull(old: JsonValue | undefined, value: JsonValue): boolean {
  if (value === null) return old !== null;
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(([key, member]) =>
    mustSetNull(isJsonObject(old) && Object.hasOwn(old, key) ? old[key] : undefined, member),
  );
}

const item = fc.constantFrom<JsonValue>(0, 1, 'x', null, { m: 1 }, { m: 2 }, []);
/** A few items that roll on: what is left of them, and others after. */
const rolling = fc
  .record({
    old: fc.array(item, { maxLength: 8 }),
    drop: fc.nat({ max: 9 }),
    add: fc.array(item, { maxLength: 5 }),
  })
  .map(({ old, drop, add }) => [old, [...old.slice(drop), ...add]] as const);
const awkward = fc.dictionary(
  fc.constantFrom('__proto__', 'constructor', 'hasOwnProperty', 'a'),
  arbitraryJson,
  {
    noNullPrototype: true,
  },
);
const documents = fc
  .record({ pair: fc.tuple(arbitraryJsonObject, arbitraryJsonObject), logs: rolling, more: rolling })
  .map(
    ({ pair: [a, b], logs, more }) =>
      [
        { ...a, logs: logs[0], more: more[0] },
        { ...b, logs: logs[1], more: more[1] },
      ] as const,
  );

const asPacket = (delta: Delta): JsonObject => JSON.parse(JSON.stringify(delta)) as JsonObject;

describe('diff of any two documents', () => {
  it('applied to the one is the other, and is missing only where a null would have to be set', () => {
    fc.assert(
      fc.property(documents, ([previous, next]) => {
        const delta = diff(deepFreeze(previous), deepFreeze(next));
        expect(delta === undefined).toBe(mustSetNull(previous, next));
        if (delta === undefined) return;
        expect(canonicalText(applyDelta(previous, delta))).toBe(canonicalText(next));
      }),
      { numRuns: 1000 },
    );
  });

  it('is understood by another merge patch, over the wire', () => {
    fc.assert(
      fc.property(documents, ([previous, next]) => {
        const delta = diff(previous, next);
        if (delta === undefined) return;
        expect(canonicalText(applyPacket(previous, asPacket(delta)))).toBe(canonicalText(next));
      }),
      { numRuns: 500 },
    );
  });

  it('holds for keys that mean something to objects', () => {
    fc.assert(
      fc.property(awkward, awkward, (previous, next) => {
        const delta = diff(previous, next);
        expect(delta === undefined).toBe(mustSetNull(previous, next));
        if (delta === undefined) return;
        const applied = applyDelta(previous, delta);
        expect(canonicalText(applied)).toBe(canonicalText(next));
        expect(Object.getPrototypeOf(applied)).toBe(Object.prototype);
      }),
      { numRuns: 500 },
    );
  });

  it('is no larger than it must be: nothing of it could be left out', () => {
    fc.assert(
      fc.property(documents, ([previous, next]) => {
        const delta = diff(previous, next);
        for (const key of Object.keys(delta?.patch ?? {})) {
          const { [key]: _, ...rest } = delta?.patch ?? {};
          const without = { ...delta, patch: rest };
          expect(canonicalText(applyDelta(previous, without))).not.toBe(canonicalText(next));
        }
      }),
      { numRuns: 300 },
    );
  });
});

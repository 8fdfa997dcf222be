import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalJson, isJsonObject, type JsonObject, type JsonValue, withoutKey } from '../../src/core/json.ts';
import { Arbiter, type InputTime } from '../../src/feed/arbiter.ts';
import { applyMergePatch } from '../../src/wire/merge-patch.ts';
import { arbitraryJsonObject, deepFreeze } from '../support/arbitrary-json.ts';

/** A place that a merge patch sets or removes. */
interface Leaf {
  readonly path: readonly string[];
  /** Undefined where it is removed; `{}` where there is to be an object, whatever its members. */
  readonly value: JsonValue | undefined;
}

function leavesOf(
  patch: JsonObject,
  keepsNull: (path: readonly string[]) => boolean,
  above: readonly string[] = [],
): Leaf[] {
  return Object.entries(patch).flatMap(([key, value]) => {
    const path = [...above, key];
    if (isJsonObject(value) && Object.keys(value).length > 0) return leavesOf(value, keepsNull, path);
    return [{ path, value: value === null && !keepsNull(path) ? undefined : value }];
  });
}

interface Protection extends Leaf {
  readonly time: InputTime;
}

/** The specification in plain words: one flat list of leaf paths, searched from end to end. */
class NaiveArbiter {
  protections: Protection[] = [];

  protect(patch: JsonObject, time: InputTime, keepsNull: (path: readonly string[]) => boolean): void {
    for (const leaf of leavesOf(patch, keepsNull)) {
      this.protections = this.protections.filter(({ path }) => path.join() !== leaf.path.join());
      this.protections.push({ ...leaf, time });
    }
  }

  reconcile(answer: JsonObject, time: InputTime, owns: (key: string) => boolean) {
    let document = answer;
    let undone = 0;
    this.protections = this.protections.filter(
      (held) => !owns(held.path[0] ?? '') || !beats(time, held.time),
    );
    // Objects as such come last, the innermost first: what is put into one puts it there too.
    const inOrder = [
      ...this.protections.filter(({ value }) => !isJsonObject(value)),
      ...this.protections.filter(({ value }) => isJsonObject(value)).sort(longestPathFirst),
    ];
    for (const { path, value } of inOrder) {
      if (!owns(path[0] ?? '')) continue;
      const restored = put(document, path, value);
      if (equalJson(restored, document)) continue;
      document = restored;
      undone += 1;
    }
    return { document, undone };
  }
}

function beats(answer: InputTime, event: InputTime): boolean {
  const bothTimed = answer.engineTime !== undefined && event.engineTime !== undefined;
  if (bothTimed && answer.engineTime > event.engineTime) return true;
  return !bothTimed && answer.localTime >= event.localTime;
}

const longestPathFirst = (one: Leaf, other: Leaf): number => other.path.length - one.path.length;

function put(document: JsonObject, path: readonly string[], value: JsonValue | undefined): JsonObject {
  const [key = '', ...rest] = path;
  const inner = document[key];
  if (rest.length === 0) {
    if (value === undefined) return withoutKey(document, key);
    return isJsonObject(value) && isJsonObject(inner) ? document : { ...document, [key]: value };
  }
  if (!isJsonObject(inner) && value === undefined) return document;
  return { ...document, [key]: put(isJsonObject(inner) ? inner : {}, rest, value) };
}

// Sections are always objects and fields never are: what became of a replaced section is a matter of its own.
const leaf = fc.constantFrom<JsonValue>(null, 0, 1, 2, 'x', [], [1], [null]);
const fields = fc.dictionary(fc.constantFrom('p', 'q', 'nullable'), leaf, {
  maxKeys: 3,
  noNullPrototype: true,
});
const section = (of: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> =>
  fc.tuple(of, fc.option(of)).map(([own, deep]) => (deep === null ? own : { ...own, deep }));
const patches = fc
  .record({ a: section(fields), b: section(fields), p: leaf, nullable: leaf }, { requiredKeys: [] })
  .map(deepFreeze);
const answers = fc
  .record(
    { a: fc.oneof(section(fields), leaf), b: section(fields), p: leaf, nullable: leaf },
    { requiredKeys: [] },
  )
  .map(deepFreeze);

const times = fc.record({
  engineTime: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
  localTime: fc.integer({ min: 0, max: 6 }),
});
const inputs = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('event' as const), patch: patches, time: times }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      document: answers,
      time: times,
      owned: fc.subarray(['a', 'b', 'p', 'nullable'], { minLength: 1 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('release' as const), key: fc.constantFrom('a', 'p') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('restart' as const), engineTime: fc.nat({ max: 6 }) }),
  },
);

const keepsNull = (path: readonly string[]): boolean => path.at(-1) === 'nullable';

describe('Arbiter, whatever comes in whatever order', () => {
  it('does what a flat list of protected paths does', () => {
    fc.assert(
      fc.property(fc.array(inputs, { maxLength: 25 }), (steps) => {
        const arbiter = new Arbiter();
        const model = new NaiveArbiter();
        for (const step of steps) {
          if (step.kind === 'event') {
            arbiter.protect(step.patch, step.time, keepsNull);
            model.protect(step.patch, step.time, keepsNull);
          } else if (step.kind === 'answer') {
            const owns = (key: string): boolean => step.owned.includes(key);
            const settled = arbiter.reconcile(step.document, step.time, owns);
            expect(settled).toEqual(model.reconcile(step.document, step.time, owns));
          } else if (step.kind === 'release') {
            arbiter.release(step.key);
            model.protections = model.protections.filter(({ path }) => path[0] !== step.key);
          } else {
            arbiter.releaseNewerThan(step.engineTime);
            model.protections = model.protections.filter(
              ({ time }) => !((time.engineTime ?? -1) > step.engineTime),
            );
          }
          expect(arbiter.size).toBe(model.protections.length);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('undoes nothing of any events that an answer knows nothing of, whatever they put in whose place', () => {
    // A removal below what the answer does not have makes no section for itself: nulls are values there.
    const isNested = (path: readonly string[]): boolean => path.length > 1;
    const answer = { engineTime: undefined, localTime: 0 };
    const event = { engineTime: undefined, localTime: 1 };
    fc.assert(
      fc.property(arbitraryJsonObject, fc.array(arbitraryJsonObject, { maxLength: 4 }), (before, events) => {
        const arbiter = new Arbiter();
        let document = deepFreeze(before);
        for (const patch of events) {
          arbiter.protect(deepFreeze(patch), event, isNested);
          document = applyMergePatch(document, patch, isNested);
        }
        expect(arbiter.reconcile(before, answer, () => true).document).toEqual(document);
      }),
      { numRuns: 2000 },
    );
  });
});

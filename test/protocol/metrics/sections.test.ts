import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonValue } from '../../../src/core/json.ts';
import { canonicalSections, narrowed, unknownSection } from '../../../src/protocol/metrics/sections.ts';

const { data: objects } = fc.letrec<{ data: Record<string, JsonValue>; value: JsonValue }>((tie) => ({
  data: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value')),
  value: fc.oneof({ depthSize: 'small' }, fc.nat(2), fc.constant(null), fc.constant([1]), tie('data')),
}));
const paths = fc
  .array(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((all) => all.map((path) => path.join('.')));

const at = (value: JsonValue, path: string): JsonValue | undefined =>
  path
    .split('.')
    .reduce<JsonValue | undefined>((inner, key) => (isJsonObject(inner) ? inner[key] : undefined), value);

/** Paths of all that is no object with members. */
function leavesOf(value: JsonValue, path: readonly string[] = []): string[] {
  if (!isJsonObject(value) || Object.keys(value).length === 0) return [path.join('.')];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

const isWithin = (path: string, section: string): boolean => `${path}.`.startsWith(`${section}.`);

describe('A narrowed snapshot', () => {
  it('has every section that there is, whole', () => {
    fc.assert(
      fc.property(objects, paths, (data, wanted) => {
        const shown = narrowed(data, canonicalSections(wanted));
        for (const section of wanted) expect(at(shown, section)).toEqual(at(data, section));
      }),
    );
  });

  it('has nothing besides', () => {
    fc.assert(
      fc.property(objects, paths, (data, wanted) => {
        const shown = narrowed(data, canonicalSections(wanted));
        if (Object.keys(shown).length === 0) return;
        for (const leaf of leavesOf(shown))
          expect(wanted.some((section) => isWithin(leaf, section))).toBe(true);
      }),
    );
  });

  it('is the same however the sections are given, and leaves the snapshot as it is', () => {
    fc.assert(
      fc.property(objects, paths, (data, wanted) => {
        const before = structuredClone(data);
        const shuffled = canonicalSections([...wanted, ...wanted].toReversed());
        expect(shuffled).toEqual(canonicalSections(wanted));
        narrowed(data, shuffled);
        expect(data).toEqual(before);
      }),
    );
  });
});

describe('A section', () => {
  it.each([
    'overview',
    'overview.tasks',
    'overview.tasks.total',
    'overview.costs.total_cost',
    'overview.costs.opus_cost',
    'overview.tools.by_type.Read',
    'sessions.tools_by_type',
    'activity',
    'timestamp',
  ])('%s is known before there is a snapshot', (section) => {
    expect(unknownSection([section], undefined)).toBeUndefined();
  });

  it.each([
    'tasks',
    'overview.task',
    'overview.tasks.total.x',
    'activity.0',
    'activity.description',
    'toString',
    '__proto__',
    'overview.__proto__',
    'overview.constructor',
  ])('%s is unknown', (section) => {
    expect(unknownSection(['activity', section], { overview: { tasks: { total: 1 } }, activity: [] })).toBe(
      section,
    );
  });

  it('is known where the snapshot has it, whatever its value', () => {
    const data = { queue: { length: 0, first: null } };
    expect(unknownSection(['queue', 'queue.length', 'queue.first'], data)).toBeUndefined();
    expect(unknownSection(['queue.last'], data)).toBe('queue.last');
  });
});

import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';

/** Few keys and few values, so that documents and patches meet often. No `-0`, which JSON text cannot tell from 0. */
const { value, object } = fc.letrec<{ value: JsonValue; object: JsonObject; array: JsonValue[] }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<JsonValue>(null, true, false, 0, 1, -2.5, 1e-9, '', 'x', 'ü "\\'),
    tie('object'),
    tie('array'),
  ),
  array: fc.array(tie('value'), { maxLength: 3 }),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'toString', 'é.x'), tie('value'), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
}));

export const arbitraryJson: fc.Arbitrary<JsonValue> = value;
export const arbitraryJsonObject: fc.Arbitrary<JsonObject> = object;

/** Freezes all of it: code that writes to what it was given throws. */
export function deepFreeze<Value extends JsonValue>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values<JsonValue>(value)) deepFreeze(member);
  }
  return value;
}

/** The text of a value with sorted keys: equal texts, equal JSON. */
export function canonicalText(value: JsonValue): string {
  return JSON.stringify(value, (_key, member: JsonValue) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

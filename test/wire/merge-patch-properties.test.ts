import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { applyMergePatch, type Path } from '../../src/wire/merge-patch.ts';
import { arbitraryJsonObject, deepFreeze } from '../support/arbitrary-json.ts';

/** The pseudocode of RFC 7396, section 2, word for word. */
function rfc7396(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch;
  const result = new Map(isJsonObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, rfc7396(result.get(name), value));
  }
  return Object.fromEntries(result);
}

/** RFC 7396 with every null as a value. */
const always = (): boolean => true;

const asObject = (value: JsonValue | undefined): JsonObject => (isJsonObject(value) ? value : {});

/** The paths of all nulls outside arrays. */
function nullPaths(value: JsonValue, path: Path = []): Path[] {
  if (value === null) return [path];
  return Object.entries(asObject(value)).flatMap(([key, member]) => nullPaths(member, [...path, key]));
}

function at(document: JsonObject, path: Path): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const key of path) {
    const object: JsonObject = asObject(value);
    value = Object.hasOwn(object, key) ? object[key] : undefined;
  }
  return value;
}

/** Every branch that the patch does not name is the very object that the target has there. */
function expectShared(result: JsonObject, target: JsonObject, patch: JsonObject): void {
  for (const [key, member] of Object.entries(target)) {
    if (!Object.hasOwn(patch, key)) expect(result[key]).toBe(member);
    else if (isJsonObject(patch[key]) && isJsonObject(member) && isJsonObject(result[key]))
      expectShared(result[key], member, patch[key]);
  }
}

describe('applyMergePatch, whatever target and patch', () => {
  const documents = [arbitraryJsonObject.map(deepFreeze), arbitraryJsonObject.map(deepFreeze)] as const;

  it('gives what the pseudocode of the RFC gives, and writes to neither', () => {
    fc.assert(
      fc.property(...documents, (target, patch) => {
        expect(applyMergePatch(target, patch)).toEqual(rfc7396(target, patch));
      }),
      { numRuns: 500 },
    );
  });

  it('changes nothing the second time, and says so by identity', () => {
    fc.assert(
      fc.property(...documents, fc.boolean(), (target, patch, keepsNull) => {
        const once = applyMergePatch(target, patch, () => keepsNull);
        expect(applyMergePatch(once, patch, () => keepsNull)).toBe(once);
      }),
    );
  });

  it('shares every branch that the patch does not name', () => {
    fc.assert(
      fc.property(...documents, (target, patch) => {
        expectShared(applyMergePatch(target, patch), target, patch);
      }),
    );
  });

  it('sets each null it is told to keep, and no key with one it is not', () => {
    fc.assert(
      fc.property(...documents, (target, patch) => {
        const kept = applyMergePatch(target, patch, always);
        const removed = applyMergePatch(target, patch);
        for (const path of nullPaths(patch)) {
          expect(at(kept, path)).toBe(null);
          expect(at(removed, path)).toBe(undefined);
        }
      }),
    );
  });

  it('replaces the target whole by a patch from nothing', () => {
    fc.assert(
      fc.property(documents[1], (patch) => {
        expect(applyMergePatch({}, patch, always)).toEqual(patch);
      }),
    );
  });
});

import {
  equalJson,
  isJsonObject,
  type JsonArray,
  type JsonObject,
  type JsonValue,
  setOwn,
} from '../core/json.ts';
import { applyMergePatch } from './merge-patch.ts';

/** A change of a rolling array: drop so many items from its front, then add these at its end. */
export type Append = {
  readonly drop: number;
  readonly add: JsonArray;
};

/** The difference between two documents. */
export type Delta = {
  /** RFC 7396 merge patch. */
  readonly patch: JsonObject;
  /** Rolling top-level arrays, by key; applied after the patch. */
  readonly append?: Readonly<Record<string, Append>>;
};

/**
 * The delta that makes `next` of `previous`: `applyDelta(previous, diff(previous, next))` equals `next`.
 * Undefined where none can: a merge patch cannot set a member to null, since null is how it removes one.
 * Sections that are the same object are not looked into.
 */
export function diff(previous: JsonObject, next: JsonObject): Delta | undefined {
  const patch: Record<string, JsonValue> = {};
  let append: Record<string, Append> | undefined;
  for (const [key, value] of Object.entries(next)) {
    const old = own(previous, key);
    if (old === value) continue;
    if (Array.isArray(old) && Array.isArray(value)) {
      const moved = diffRolling(old, value);
      if (moved === 'equal') continue;
      if (moved !== 'replaced') {
        append ??= {};
        setOwn(append, key, moved);
        continue;
      }
    }
    if (!addChange(patch, key, old, value)) return undefined;
  }
  addRemovals(patch, previous, next);
  return append === undefined ? { patch } : { patch, append };
}

/** The document that a delta makes of the one it is based on. Throws where an array to append to is missing. */
export function applyDelta(document: JsonObject, { patch, append = {} }: Delta): JsonObject {
  const merged: Record<string, JsonValue> = { ...applyMergePatch(document, patch) };
  for (const [key, { drop, add }] of Object.entries(append)) {
    const rolling = own(merged, key);
    if (!Array.isArray(rolling)) throw new TypeError(`delta appends to "${key}", which is no array here`);
    setOwn(merged, key, [...rolling.slice(drop), ...add]);
  }
  return merged;
}

function own(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** False where the change cannot be expressed. */
function addChange(
  patch: Record<string, JsonValue>,
  key: string,
  old: JsonValue | undefined,
  value: JsonValue,
): boolean {
  if (old === value) return true;
  if (value === null) return false;
  if (!isJsonObject(value)) {
    if (old === undefined || !equalJson(old, value)) setOwn(patch, key, value);
    return true;
  }
  if (!isJsonObject(old)) {
    setOwn(patch, key, value);
    return !holdsNull(value);
  }
  const inner: Record<string, JsonValue> = {};
  for (const [member, memberValue] of Object.entries(value)) {
    if (!addChange(inner, member, own(old, member), memberValue)) return false;
  }
  addRemovals(inner, old, value);
  if (Object.keys(inner).length > 0) setOwn(patch, key, inner);
  return true;
}

function addRemovals(patch: Record<string, JsonValue>, old: JsonObject, value: JsonObject): void {
  for (const key of Object.keys(old)) {
    if (!Object.hasOwn(value, key)) setOwn(patch, key, null);
  }
}

/** Whether it has a null outside arrays, which a merge would take for a removal. */
function holdsNull(value: JsonValue): boolean {
  return value === null || (isJsonObject(value) && Object.values(value).some(holdsNull));
}

/** How one array rolled on to the other; `replaced` where it did not, or finding out would take too long. */
function diffRolling(old: JsonArray, value: JsonArray): Append | 'equal' | 'replaced' {
  // Enough for any array that rolled; without a bound, a long run of equal items would take quadratic time.
  let comparisons = 64 + 4 * (old.length + value.length);
  for (let drop = Math.max(0, old.length - value.length); drop < old.length; drop += 1) {
    let index = drop;
    while (index < old.length) {
      const before = old[index];
      const after = value[index - drop];
      comparisons -= 1;
      if (comparisons < 0) return 'replaced';
      if (before === undefined || after === undefined || !equalJson(before, after)) break;
      index += 1;
    }
    if (index < old.length) continue;
    const add = value.slice(old.length - drop);
    return drop === 0 && add.length === 0 ? 'equal' : { drop, add };
  }
  return old.length === 0 && value.length === 0 ? 'equal' : 'replaced';
}

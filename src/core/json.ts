/** JSON values as types, and the few operations on them that every layer needs. */

export type JsonValue = string | number | boolean | null | JsonArray | JsonObject;
export type JsonArray = readonly JsonValue[];
/** Read-only throughout: documents are shared between versions, renditions and clients. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Turns a number into text, for ids that some engines write as numbers; anything else stays as it is. */
export function numberAsText(value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value;
}

/** Sets a member of any name: plain assignment to `__proto__` would set the prototype. */
export function setOwn<Value>(object: Record<string, Value>, key: string, value: Value): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[key] = value;
  }
}

/** A copy without one key; the same object where it has no such key. */
export function withoutKey(object: JsonObject, key: string): JsonObject {
  if (!Object.hasOwn(object, key)) return object;
  const { [key]: _, ...rest } = object;
  return rest;
}

/** Whether two values have the same JSON meaning: key order and the sign of zero do not count. */
export function equalJson(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => equalJson(item, b[index]));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => {
    const left = a[key];
    const right = b[key];
    return left !== undefined && right !== undefined && Object.hasOwn(b, key) && equalJson(left, right);
  });
}

/**
 * `next` with every top-level section that equals the previous one replaced by that object, so that unchanged sections
 * are identical. Returns `previous` itself where nothing differs.
 */
export function shareUnchanged(previous: JsonObject, next: JsonObject): JsonObject {
  if (previous === next) return previous;
  const shared: Record<string, JsonValue> = {};
  let changed = Object.keys(previous).length !== Object.keys(next).length;
  for (const [key, value] of Object.entries(next)) {
    const old = previous[key];
    if (old !== undefined && equalJson(old, value)) {
      setOwn(shared, key, old);
    } else {
      setOwn(shared, key, value);
      changed = true;
    }
  }
  return changed ? shared : previous;
}

/** Members and items in a value, at all depths together. */
export function countMembers(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner: readonly JsonValue[] = Array.isArray(value) ? value : Object.values(value);
  return inner.reduce<number>((sum, item) => sum + countMembers(item), inner.length);
}

/** Roughly the bytes of a value's JSON text, for bounds in bytes. */
export function estimateBytes(value: JsonValue): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 8;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const item of value) bytes += estimateBytes(item) + 1;
  } else {
    for (const [key, item] of Object.entries(value)) bytes += key.length + 4 + estimateBytes(item);
  }
  return bytes;
}

/**
 * Roughly the bytes of memory that a value takes which was parsed from JSON, in V8 on 64 bits: what it says of lists of
 * numbers is more than they take, of objects with hundreds of keys up to a third less.
 */
export function estimateMemory(value: JsonValue): number {
  if (typeof value === 'string') return 24 + value.length;
  // A small integer is in the place of the pointer.
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? 8 : 24;
  if (typeof value !== 'object' || value === null) return 8;
  let bytes = 32;
  for (const item of Array.isArray(value) ? value : Object.values(value)) bytes += 8 + estimateMemory(item);
  return bytes;
}

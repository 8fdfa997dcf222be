import { isJsonObject, type JsonArray, type JsonObject, type JsonValue, setOwn } from '../core/json.ts';

/**
 * `next`, with everything in it that equals its counterpart in `previous` replaced by that very object, at every
 * depth: so that what did not change is known by identity, however it came. `previous` itself where nothing differs.
 */
export function shareStructure(previous: JsonObject, next: JsonObject): JsonObject {
  if (previous === next) return previous;
  const shared: Record<string, JsonValue> = {};
  let differs = Object.keys(previous).length !== Object.keys(next).length;
  for (const [key, value] of Object.entries(next)) {
    const old = Object.hasOwn(previous, key) ? previous[key] : undefined;
    const kept = shareValue(old, value);
    setOwn(shared, key, kept);
    differs ||= kept !== old;
  }
  return differs ? shared : previous;
}

function shareValue(previous: JsonValue | undefined, next: JsonValue): JsonValue {
  if (isJsonObject(previous) && isJsonObject(next)) return shareStructure(previous, next);
  if (Array.isArray(previous) && Array.isArray(next)) return shareArray(previous, next);
  return next;
}

/** Items of a rolling array move to the front: they are looked for where the first one is found. */
function shareArray(previous: JsonArray, next: JsonArray): JsonArray {
  if (previous === next) return previous;
  const [first] = next;
  const equalsFirst = (item: JsonValue): boolean => first !== undefined && shareValue(item, first) === item;
  const shift = Math.max(0, previous.findIndex(equalsFirst));
  const shared = next.map((item, index) => shareValue(previous[index + shift], item));
  const same = shared.length === previous.length && shared.every((item, index) => item === previous[index]);
  return same ? previous : shared;
}

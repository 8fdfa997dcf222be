import { isJsonObject, type JsonObject, type JsonValue, setOwn } from '../core/json.ts';

/** A place in a document: the keys from the top to it. */
export type Path = readonly string[];

/**
 * Applies an RFC 7396 merge patch: objects merge key by key, null removes a key, anything else replaces.
 * Returns a new document that shares what did not change; `target` itself when the patch changes nothing.
 *
 * @param keepsNull asked for each null in the patch; true sets the member to null where RFC 7396 would remove
 *   it. Default: never.
 */
export function applyMergePatch(
  target: JsonObject,
  patch: JsonObject,
  keepsNull: (path: Path) => boolean = () => false,
): JsonObject {
  return mergeAt(target, patch, keepsNull, []);
}

function mergeAt(
  target: JsonObject,
  patch: JsonObject,
  keepsNull: (path: Path) => boolean,
  path: Path,
): JsonObject {
  let merged: Record<string, JsonValue> | undefined;
  for (const [key, change] of Object.entries(patch)) {
    const memberPath = [...path, key];
    const current = Object.hasOwn(target, key) ? target[key] : undefined;
    if (change === null && !keepsNull(memberPath)) {
      if (current === undefined) continue;
      merged ??= { ...target };
      delete merged[key];
      continue;
    }
    const next = isJsonObject(change)
      ? mergeAt(isJsonObject(current) ? current : {}, change, keepsNull, memberPath)
      : change;
    if (next === current) continue;
    merged ??= { ...target };
    setOwn(merged, key, next);
  }
  return merged ?? target;
}

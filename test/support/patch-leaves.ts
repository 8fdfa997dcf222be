import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';

/** A place that a merge patch sets or removes. */
export interface Leaf {
  readonly path: readonly string[];
  /** Undefined where it is removed; `{}` where there is to be an object, whatever its members. */
  readonly value: JsonValue | undefined;
}

export function leavesOf(
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

import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { isDocumented } from './snapshot.ts';

/** Dot paths of parts of a snapshot: sorted, and none within another, so that equal texts mean the same. */
export function canonicalSections(sections: readonly string[]): readonly string[] {
  const covered = new Set(sections);
  return [...covered].filter((section) => !ancestorsOf(section).some((path) => covered.has(path))).sort();
}

function ancestorsOf(section: string): string[] {
  const keys = section.split('.');
  return keys.slice(1).map((_, index) => keys.slice(0, index + 1).join('.'));
}

/** The first section that is neither documented nor in this snapshot. */
export function unknownSection(sections: readonly string[], data: JsonValue | undefined): string | undefined {
  return sections.find(
    (section) => !isDocumented(section) && valueAt(data, section.split('.')) === undefined,
  );
}

/** The snapshot with these sections alone, of which some may not be in it. @param sections canonical */
export function narrowed(data: JsonObject, sections: readonly string[]): JsonObject {
  return sections.reduce<JsonObject>((shown, section) => withPart(shown, data, section.split('.')), {});
}

function withPart(shown: JsonObject, data: JsonObject, path: readonly string[]): JsonObject {
  const [key = '', ...rest] = path;
  const value = valueAt(data, [key]);
  if (value === undefined || valueAt(data, path) === undefined) return shown;
  if (rest.length === 0 || !isJsonObject(value)) return { ...shown, [key]: value };
  const before = shown[key];
  return { ...shown, [key]: withPart(isJsonObject(before) ? before : {}, value, rest) };
}

function valueAt(data: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (value, key) => (isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    data,
  );
}

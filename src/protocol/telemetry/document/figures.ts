import {
  isJsonObject,
  type JsonArray,
  type JsonObject,
  type JsonValue,
  numberAsText,
} from '../../../core/json.ts';
import { forbiddenKeys } from '../../../core/untrusted-json.ts';
import type { NoteBook } from './notes.ts';

/** The sections that are maps of name → figures. */
export type FiguresSection = 'agents' | 'models';

/**
 * The figures in any of the shapes that engines give them: a map, an array of objects with `name`, or either wrapped
 * in an object with the section's name for its only key. Undefined where it is none of these, and not null either.
 */
export function readFigures(
  section: FiguresSection,
  value: JsonValue,
  book: NoteBook,
): JsonObject | undefined {
  const figures = unwrapped(section, value);
  if (figures === null) return {};
  if (Array.isArray(figures)) return byName(section, figures, book);
  if (isJsonObject(figures)) return mapOf(section, figures, book);
  book.add([section], 'a map', figures);
  return undefined;
}

function unwrapped(section: FiguresSection, value: JsonValue): JsonValue {
  let inner = value;
  while (isJsonObject(inner) && Object.keys(inner).length === 1) {
    const wrapped = Object.hasOwn(inner, section) ? inner[section] : undefined;
    if (wrapped === undefined || isFigures(wrapped)) return inner;
    inner = wrapped;
  }
  return inner;
}

/** Whether this is the entry of an agent or model that happens to be called like the section, and no wrapper. */
function isFigures(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length > 0 && !value.some(isJsonObject);
  return isJsonObject(value) && !Object.values(value).every(isEntry);
}

/** What a name may map to: figures, a list of them, or null. */
function isEntry(value: JsonValue): boolean {
  return typeof value === 'object';
}

function mapOf(section: FiguresSection, map: JsonObject, book: NoteBook): JsonObject {
  if (Object.values(map).every(isEntry)) return map;
  const read = Object.entries(map).map(([name, value]): [string, JsonValue] => {
    if (isEntry(value)) return [name, value];
    book.add([section, name], 'an object', value);
    return [name, null];
  });
  return Object.fromEntries(read);
}

function byName(section: FiguresSection, entries: JsonArray, book: NoteBook): JsonObject | undefined {
  const map: Record<string, JsonValue> = {};
  for (const [index, entry] of entries.entries()) {
    const { name, ...figures } = isJsonObject(entry) ? entry : {};
    const key = numberAsText(name);
    if (typeof key === 'string' && key !== '' && !forbiddenKeys.has(key)) map[key] = figures;
    else book.add([section], 'an object with a name', entry, `${section}[${index}]`);
  }
  return entries.length > 0 && Object.keys(map).length === 0 ? undefined : map;
}

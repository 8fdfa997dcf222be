import { isoTime } from '../../core/clock.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { forbiddenKeys } from '../../core/untrusted-json.ts';
import type { Path } from '../../wire/merge-patch.ts';

type Kind = 'number' | 'string';

/** Documented scalars by section. Everything else an engine sends passes through as it is. */
const scalars: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  market: {
    symbol: 'string',
    price: 'number',
    alpha: 'number',
    regime: 'string',
    velocity: 'number',
    acceleration: 'number',
  },
  portfolio: { nav: 'number', cash: 'number', daily_pnl: 'number', max_drawdown: 'number' },
  signal: { side: 'string', confidence: 'number', reasoning: 'string' },
  governance: { approved_size: 'number' },
};

const topLevelScalars: Readonly<Record<string, Kind>> = { timestamp: 'string', status: 'string' };

/** Sections that every document has and no input removes. */
export const documentedSections: ReadonlySet<string> = new Set([
  ...Object.keys(scalars),
  'logs',
  'agents',
  'models',
]);

/** Everything an engine's state may hold at the top that this page of the protocol gives a meaning to. */
export const reservedKeys: ReadonlySet<string> = new Set([
  ...documentedSections,
  ...Object.keys(topLevelScalars),
  'sources',
]);

/** Names of the documented scalars of a section; empty where it has none. */
export function fieldsOf(section: string): readonly string[] {
  return Object.hasOwn(scalars, section) ? Object.keys(scalars[section] ?? {}) : [];
}

/** Documented scalars may be null: the engine does not know them. */
export function isDocumentedScalar(path: Path): boolean {
  const [section, field] = path;
  if (section === undefined) return false;
  if (path.length === 1) return Object.hasOwn(topLevelScalars, section);
  if (path.length !== 2 || field === undefined || !Object.hasOwn(scalars, section)) return false;
  return Object.hasOwn(scalars[section] ?? {}, field);
}

/**
 * The document before the engine ever answered. Its zeros and empty strings are no figures: they stand there for pages
 * that call `toFixed` on whatever they get.
 */
export function initialDocument(startedAt: number): JsonObject {
  const zeros = Object.entries(scalars).map(([section, fields]) => [
    section,
    Object.fromEntries(Object.entries(fields).map(([field, kind]) => [field, kind === 'number' ? 0 : ''])),
  ]);
  const sections: Record<string, JsonObject> = Object.fromEntries(zeros);
  return {
    timestamp: isoTime(startedAt),
    status: 'INITIALIZING',
    ...sections,
    signal: { ...sections.signal, side: 'FLAT' },
    logs: [],
    agents: {},
    models: {},
    sources: {},
  };
}

/** A document of before the engine ever answered with null, which is no figure, where `initialDocument` has none. */
export function withoutPlaceholders(document: JsonObject): JsonObject {
  const initial = initialDocument(0);
  const known: Record<string, JsonValue> = { ...document };
  for (const section of Object.keys(scalars)) {
    const [values, placeholders] = [document[section], initial[section]];
    if (!isJsonObject(values) || !isJsonObject(placeholders)) continue;
    const fields = Object.entries(values);
    known[section] = Object.fromEntries(
      fields.map(([field, value]) => [field, value === placeholders[field] ? null : value]),
    );
  }
  return known;
}

/**
 * What is wrong with the documented part of a full or partial document, or undefined. A field of the wrong type
 * would break every dashboard that trusts the page, so that the input which holds it is refused whole.
 */
export function shapeFault(document: JsonObject): string | undefined {
  for (const [key, value] of Object.entries(document)) {
    const fault = Object.hasOwn(topLevelScalars, key)
      ? kindFault(key, value, topLevelScalars[key])
      : sectionFault(key, value);
    if (fault !== undefined) return fault;
  }
  if (typeof document.timestamp === 'string' && Number.isNaN(Date.parse(document.timestamp))) {
    return 'timestamp is not an ISO 8601 time';
  }
  return undefined;
}

function sectionFault(section: string, value: JsonValue): string | undefined {
  if (value === null || !documentedSections.has(section)) return undefined;
  if (section === 'logs') return Array.isArray(value) ? undefined : fault(section, value, 'an array');
  if (section === 'agents' || section === 'models') return figuresFault(section, value);
  if (!isJsonObject(value)) return fault(section, value, 'an object');
  for (const [field, kind] of Object.entries(scalars[section] ?? {})) {
    const found = Object.hasOwn(value, field)
      ? kindFault(`${section}.${field}`, value[field], kind)
      : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `agents` and `models`: a map of name → figures, or an array of figures with a name. */
function figuresFault(section: string, value: JsonValue): string | undefined {
  if (isJsonObject(value)) {
    const odd = Object.values(value).find((figures) => figures !== null && !isJsonObject(figures));
    return odd === undefined ? undefined : fault(`an entry of ${section}`, odd, 'an object');
  }
  if (!Array.isArray(value)) return fault(section, value, 'an object or an array');
  return value.every(isNamed) ? undefined : `an entry of ${section} is not an object with a usable name`;
}

function isNamed(entry: JsonValue): boolean {
  if (!isJsonObject(entry) || typeof entry.name !== 'string') return false;
  // The name becomes a key.
  return entry.name !== '' && !forbiddenKeys.has(entry.name);
}

function kindFault(path: string, value: JsonValue | undefined, kind: Kind | undefined): string | undefined {
  if (value === undefined || value === null || kind === undefined || typeof value === kind) return undefined;
  return fault(path, value, `a ${kind} or null`);
}

function fault(path: string, value: JsonValue, expected: string): string {
  const found = Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`;
  return `${path} is ${found.replace('a object', 'an object')}, expected ${expected}`;
}

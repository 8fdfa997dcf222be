import { isoTime } from '../../../core/clock.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../core/json.ts';
import type { Path } from '../../../wire/merge-patch.ts';

/** Types of documented scalars, as `typeof` says them. */
export type Kind = 'number' | 'string';

/** Documented scalars by section. Everything else passes through unchanged. */
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

const topLevelScalars: ReadonlySet<string> = new Set(['timestamp', 'status']);

/** Sections that every document has and no input removes. */
export const documentedSections: ReadonlySet<string> = new Set([
  ...Object.keys(scalars),
  'logs',
  'agents',
  'models',
]);

/** All documented top-level keys. */
export const reservedKeys: ReadonlySet<string> = new Set([
  ...documentedSections,
  ...topLevelScalars,
  'sources',
]);

/** The documented scalars of a section; undefined for a key without any. */
export function kindsIn(section: string): Readonly<Record<string, Kind>> | undefined {
  return Object.hasOwn(scalars, section) ? scalars[section] : undefined;
}

/** Names of the documented scalars of a section; empty where it has none. */
export function fieldsOf(section: string): readonly string[] {
  return Object.keys(kindsIn(section) ?? {});
}

/** Documented scalars may be null: the engine does not know them. */
export function isDocumentedScalar(path: Path): boolean {
  const [section, field] = path;
  if (section === undefined) return false;
  if (path.length === 1) return topLevelScalars.has(section);
  return path.length === 2 && field !== undefined && fieldsOf(section).includes(field);
}

/**
 * The document before the engine's first answer. Its zeros and empty strings are placeholders for pages that call
 * `toFixed` on every figure.
 * @param symbol the symbol it is about, where known
 */
export function initialDocument(startedAt: number, symbol = ''): JsonObject {
  const zeros = Object.entries(scalars).map(([section, fields]) => [
    section,
    Object.fromEntries(Object.entries(fields).map(([field, kind]) => [field, kind === 'number' ? 0 : ''])),
  ]);
  const sections: Record<string, JsonObject> = Object.fromEntries(zeros);
  return {
    timestamp: isoTime(startedAt),
    status: 'INITIALIZING',
    ...sections,
    market: { ...sections.market, symbol },
    signal: { ...sections.signal, side: 'FLAT' },
    logs: [],
    agents: {},
    models: {},
    sources: {},
  };
}

/** The document with null in place of the placeholders of `initialDocument`. */
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

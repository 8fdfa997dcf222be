import { readInstant } from '../../../core/instant.ts';
import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from '../../../core/json.ts';
import { numberInText } from '../../../core/number-text.ts';
import { Draft } from '../../../feed/draft.ts';
import type { Path } from '../../../wire/merge-patch.ts';
import { readFigures } from './figures.ts';
import { type Note, NoteBook } from './notes.ts';
import { type Kind, kindsIn } from './shape.ts';

export interface LogContext {
  /** The time of a log line that has none, ISO 8601. */
  readonly tickTime: string;
  /** The normalised log lines of the pending document. */
  readonly previousLogs: JsonValue | undefined;
}

/** An input in the documented shape. */
export interface Normalised {
  /** Every documented field that is in it is of its documented type, or null. */
  readonly document: JsonObject;
  /** Fields that were of another type. */
  readonly notes: readonly Note[];
  /** Documented sections that were of another type altogether. */
  readonly unknown: readonly string[];
}

/**
 * Brings a full or partial document of an engine to the documented shape, field by field: a field of another type
 * becomes null, with a note, and does not affect the others. Numbers may be given as text; times are converted to UTC.
 */
export function normalise(input: JsonObject, context: LogContext): Normalised {
  const book = new NoteBook();
  const unknown: string[] = [];
  const document: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(input)) {
    if (key === 'timestamp') {
      const text = readTimestamp(value, book);
      if (text !== undefined) document[key] = text;
    } else if (key === 'status') {
      document[key] = readScalar([key], 'string', value, book);
    } else {
      const read = readSection(key, value, context, book);
      document[key] = read === undefined ? nothingKnown(key) : read;
      if (read === undefined) unknown.push(key);
    }
  }
  return { document, notes: book.notes, unknown };
}

/** The normalised section; undefined for a documented one of another type. */
function readSection(
  key: string,
  value: JsonValue,
  context: LogContext,
  book: NoteBook,
): JsonValue | undefined {
  if (key === 'agents' || key === 'models') return readFigures(key, value, book);
  const kinds = kindsIn(key);
  if (kinds === undefined && key !== 'logs') return value;
  if (value === null) return nothingKnown(key);
  if (kinds !== undefined && isJsonObject(value)) return readFields(key, value, kinds, book);
  if (kinds === undefined && Array.isArray(value)) return readLogLines(value, context);
  book.add([key], kinds === undefined ? 'a list' : 'an object', value);
  return undefined;
}

/** The section with nothing known: pages read its fields, so it must be there. */
function nothingKnown(section: string): JsonValue {
  if (section === 'logs') return [];
  return Object.fromEntries(Object.keys(kindsIn(section) ?? {}).map((field) => [field, null]));
}

function readFields(
  section: string,
  value: JsonObject,
  kinds: Readonly<Record<string, Kind>>,
  book: NoteBook,
): JsonObject {
  const draft = new Draft(value);
  for (const [field, kind] of Object.entries(kinds)) {
    const found = draft.get(field);
    if (found === undefined) continue;
    const read = readScalar([section, field], kind, found, book);
    if (read !== found) draft.set(field, read);
  }
  return draft.result;
}

function readScalar(path: Path, kind: Kind, value: JsonValue, book: NoteBook): JsonValue {
  if (value === null || typeof value === kind) return value;
  const number = kind === 'number' && typeof value === 'string' ? numberInText(value) : undefined;
  if (number === undefined) book.add(path, `a ${kind}`, value);
  return number ?? null;
}

/** Undefined where it cannot be read: it is left out then. */
function readTimestamp(value: JsonValue, book: NoteBook): string | undefined {
  const read = readInstant(value);
  if (read === undefined && value !== null) book.add(['timestamp'], 'a time', value);
  return read?.text;
}

const linesKept = 10;

/**
 * The last ten lines as `{level, message, timestamp}`; what is neither text nor an object is left out. A plain
 * line gets the tick's time when it first appears and keeps it: otherwise every tick would change all of them.
 */
export function readLogLines(logs: JsonArray, { tickTime, previousLogs }: LogContext): JsonArray {
  const lines = logs.filter((line) => typeof line === 'string' || isJsonObject(line)).slice(-linesKept);
  const seen = new Map<string, JsonValue[]>();
  for (const line of Array.isArray(previousLogs) ? previousLogs : []) {
    if (isJsonObject(line) && typeof line.message === 'string') {
      const times = seen.get(line.message) ?? [];
      times.push(line.timestamp ?? tickTime);
      seen.set(line.message, times);
    }
  }
  const timeOf = (message: string): JsonValue => seen.get(message)?.shift() ?? tickTime;
  return lines.map((line) => {
    if (!isJsonObject(line)) return { level: 'INFO', message: String(line), timestamp: timeOf(String(line)) };
    const message = typeof line.message === 'string' ? line.message : '';
    return {
      ...line,
      level: typeof line.level === 'string' ? line.level : 'INFO',
      message,
      timestamp: timeText(line.timestamp) ?? timeOf(message),
    };
  });
}

/** In UTC where it can be parsed, otherwise unchanged: people may still read it. */
function timeText(timestamp: JsonValue | undefined): string | undefined {
  if (typeof timestamp !== 'string' && typeof timestamp !== 'number') return undefined;
  return readInstant(timestamp)?.text ?? String(timestamp);
}

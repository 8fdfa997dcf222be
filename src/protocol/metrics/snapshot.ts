import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { numberInText } from '../../core/number-text.ts';
import { PollFailure } from '../../source/poll-failure.ts';

/** What an engine said of a range. */
export interface Snapshot {
  /** In the documented shape, without `timestamp`. */
  readonly data: JsonObject;
  /** When the engine made it, epoch seconds. */
  readonly timestamp: number;
  /** What was of another type than documented, for people. */
  readonly notes: readonly string[];
}

/** `numbers`: an object of numbers under any names. A list is one of such objects. */
export type Shape = 'number' | 'string' | 'numbers' | readonly [Fields] | Fields;
interface Fields {
  readonly [key: string]: Shape;
}

/** All that is documented of a snapshot but its `timestamp`. What it is not, an engine may add. */
export const documented = {
  overview: {
    tasks: { total: 'number', running: 'number', completed: 'number', failed: 'number' },
    costs: 'numbers',
    claude_api: { total_requests: 'number', total_input_tokens: 'number', total_output_tokens: 'number' },
    tools: { total_calls: 'number', by_type: 'numbers' },
  },
  sessions: { total_sessions: 'number', total_tools: 'number', tools_by_type: 'numbers' },
  activity: [{ description: 'string', timestamp: 'number' }],
} as const satisfies Fields;

/** Whether a dot path leads to something that is documented, or to any member of an object of numbers. */
export function isDocumented(section: string): boolean {
  const found = section.split('.').reduce<Shape | undefined>((shape, key) => {
    if (shape === 'numbers') return 'number';
    const isFields = typeof shape === 'object' && !isList(shape) && Object.hasOwn(shape, key);
    return isFields ? shape[key] : undefined;
  }, documented);
  return found !== undefined || section === 'timestamp';
}

/**
 * The engine's answer in the documented shape. A number or text of another type becomes null, an object or list of
 * another type an empty one, each with a note and without effect on the others. Numbers may be given as text. What is
 * not documented passes through, and what is missing stays so.
 *
 * @param now the time of an answer that has none, epoch seconds
 * @throws PollFailure where there is no overview in it
 */
export function readSnapshot(answer: JsonValue, now: number): Snapshot {
  const { timestamp, ...parts } = partsOf(answer);
  const notes: string[] = [];
  const data = readFields(parts, documented, '', notes);
  const time = timestamp === undefined ? undefined : readValue(timestamp, 'number', 'timestamp', notes);
  return { data, timestamp: typeof time === 'number' ? time : now, notes };
}

/** Some engines answer with the overview itself, and the other parts beside its own. */
function partsOf(answer: JsonValue): JsonObject {
  if (isJsonObject(answer)) {
    if (isJsonObject(answer.overview)) return answer;
    if ((answer.overview ?? null) === null && answer.tasks !== undefined) {
      const ofSnapshot = (key: string): boolean => key === 'timestamp' || Object.hasOwn(documented, key);
      const entries = Object.entries(answer);
      return {
        overview: Object.fromEntries(entries.filter(([key]) => !ofSnapshot(key))),
        ...Object.fromEntries(entries.filter(([key]) => ofSnapshot(key))),
      };
    }
  }
  throw new PollFailure('shape', 'the answer has no overview');
}

function readFields(
  value: JsonObject,
  shape: Fields | 'numbers',
  prefix: string,
  notes: string[],
): JsonObject {
  const read = Object.entries(value).map(([key, inner]): [string, JsonValue] => {
    const known = shape === 'numbers' ? 'number' : Object.hasOwn(shape, key) ? shape[key] : undefined;
    return [key, known === undefined ? inner : readValue(inner, known, prefix + key, notes)];
  });
  return Object.fromEntries(read);
}

function readValue(value: JsonValue, shape: Shape, path: string, notes: string[]): JsonValue {
  if (value === null || typeof value === shape) return value;
  if (shape === 'number' || shape === 'string') {
    const number = shape === 'number' && typeof value === 'string' ? numberInText(value) : undefined;
    return number ?? refused(null, `${path}: expected a ${shape}`, notes);
  }
  if (isList(shape)) {
    if (!Array.isArray(value)) return refused([], `${path}: expected a list`, notes);
    return value.filter(isJsonObject).map((item) => readFields(item, shape[0], `${path}[].`, notes));
  }
  if (!isJsonObject(value)) return refused({}, `${path}: expected an object`, notes);
  return readFields(value, shape, `${path}.`, notes);
}

export function isList(shape: Shape): shape is readonly [Fields] {
  return Array.isArray(shape);
}

/** A list may have the same fault thousands of times. */
const maxNotes = 8;

function refused(instead: JsonValue, note: string, notes: string[]): JsonValue {
  if (notes.length < maxNotes && !notes.includes(note)) notes.push(note);
  return instead;
}

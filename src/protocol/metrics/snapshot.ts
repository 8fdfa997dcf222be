import { readInstant } from '../../core/instant.ts';
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

/**
 * `time`: a moment in any notation, read as epoch seconds. `numbers`: an object of numbers under any names. `costs`: the
 * same under names that end with `_cost`, and whatever else. A list is one of such objects.
 */
export type Shape = 'number' | 'string' | 'time' | 'numbers' | 'costs' | readonly [Fields] | Fields;
interface Fields {
  readonly [key: string]: Shape;
}

/** All that is documented of a snapshot but its `timestamp`. What it is not, an engine may add. */
export const documented = {
  overview: {
    tasks: { total: 'number', running: 'number', completed: 'number', failed: 'number' },
    costs: 'costs',
    claude_api: { total_requests: 'number', total_input_tokens: 'number', total_output_tokens: 'number' },
    tools: { total_calls: 'number', by_type: 'numbers' },
  },
  sessions: { total_sessions: 'number', total_tools: 'number', tools_by_type: 'numbers' },
  activity: [{ description: 'string', timestamp: 'time' }],
} as const satisfies Fields;

/** The shape of a member; undefined where it is not documented. */
function memberOf(shape: Shape | undefined, key: string): Shape | undefined {
  if (shape === 'numbers' || (shape === 'costs' && key.endsWith('_cost'))) return 'number';
  return typeof shape === 'object' && !isList(shape) && Object.hasOwn(shape, key) ? shape[key] : undefined;
}

/** Whether a dot path leads to something that is documented, or to any member of an object of numbers. */
export function isDocumented(section: string): boolean {
  const found = section.split('.').reduce<Shape | undefined>(memberOf, documented);
  return found !== undefined || section === 'timestamp';
}

/**
 * The engine's answer in the documented shape. A number or text of another type becomes null, an object or list of
 * another type an empty one, each with a note and without effect on the others. Numbers may be given as text, and times
 * in any notation that `readInstant` knows. What is not documented passes through, and what is missing stays so.
 *
 * @param now the time of an answer that has none, epoch seconds
 * @throws PollFailure where there is no overview in it
 */
export function readSnapshot(answer: JsonValue, now: number): Snapshot {
  const { timestamp, ...parts } = partsOf(answer);
  const notes: string[] = [];
  const data = readFields(parts, documented, '', notes);
  const time = timestamp === undefined ? undefined : readValue(timestamp, 'time', 'timestamp', notes);
  return { data, timestamp: typeof time === 'number' ? time : now, notes };
}

/** Some engines answer with the overview itself, and the other parts beside its own. */
function partsOf(answer: JsonValue): JsonObject {
  if (isJsonObject(answer)) {
    const { overview, ...parts } = answer;
    if (isJsonObject(overview)) return answer;
    if ((overview ?? null) === null && answer.tasks !== undefined) {
      const ofSnapshot = (key: string): boolean => key === 'timestamp' || Object.hasOwn(documented, key);
      const entries = Object.entries(parts);
      return {
        overview: Object.fromEntries(entries.filter(([key]) => !ofSnapshot(key))),
        ...Object.fromEntries(entries.filter(([key]) => ofSnapshot(key))),
      };
    }
  }
  throw new PollFailure('shape', 'the answer has no overview');
}

function readFields(value: JsonObject, shape: Shape, prefix: string, notes: string[]): JsonObject {
  const read = Object.entries(value).map(([key, inner]): [string, JsonValue] => {
    const known = memberOf(shape, key);
    return [key, known === undefined ? inner : readValue(inner, known, prefix + key, notes)];
  });
  return Object.fromEntries(read);
}

function readValue(value: JsonValue, shape: Shape, path: string, notes: string[]): JsonValue {
  if (value === null || typeof value === shape) return value;
  if (shape === 'number' || shape === 'string' || shape === 'time') {
    return readScalar(value, shape) ?? refused(null, `${path}: expected a ${shape}`, notes);
  }
  if (isList(shape)) {
    if (!Array.isArray(value)) return refused([], `${path}: expected a list`, notes);
    const items = value.filter(isJsonObject);
    if (items.length < value.length) refused(null, `${path}[]: expected an object`, notes);
    return items.map((item) => readFields(item, shape[0], `${path}[].`, notes));
  }
  if (!isJsonObject(value)) return refused({}, `${path}: expected an object`, notes);
  return readFields(value, shape, `${path}.`, notes);
}

/** From here on an epoch number is in milliseconds or finer, as `readInstant` tells them apart. */
const firstMilliseconds = 1e11;

/** What a value of another type stands for; undefined: nothing of the kind. */
function readScalar(value: JsonValue, shape: 'number' | 'string' | 'time'): number | undefined {
  switch (shape) {
    case 'number':
      return typeof value === 'string' ? numberInText(value) : undefined;
    case 'time': {
      // Seconds stay what they are, to the last digit.
      if (typeof value === 'number' && Math.abs(value) < firstMilliseconds) return value;
      const instant = readInstant(value);
      return instant && instant.epochMs / 1000;
    }
    case 'string':
      return undefined;
  }
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

import { isJsonObject, type JsonArray, type JsonObject, type JsonValue } from '../../core/json.ts';

const logsKept = 10;

export interface NormaliseContext {
  /** ISO 8601 time that a log line without one of its own gets. */
  readonly tickTime: string;
  /** The log lines in force, already normalised. */
  readonly previousLogs: JsonValue | undefined;
}

/**
 * Brings the shapes that engines use for `logs`, `agents` and `models` to the documented one, in a full or
 * partial document that `shapeFault` found nothing wrong with.
 */
export function normalise(document: JsonObject, context: NormaliseContext): JsonObject {
  const { logs, agents, models } = document;
  return {
    ...document,
    ...(Array.isArray(logs) ? { logs: normaliseLogs(logs, context) } : {}),
    ...(Array.isArray(agents) ? { agents: byName(agents) } : {}),
    ...(Array.isArray(models) ? { models: byName(models) } : {}),
  };
}

/** An array of figures with a `name` as a map of name → figures. */
function byName(entries: JsonArray): JsonObject {
  const map: Record<string, JsonValue> = {};
  for (const entry of entries) {
    if (!isJsonObject(entry) || typeof entry.name !== 'string') continue;
    const { name, ...figures } = entry;
    map[name] = figures;
  }
  return map;
}

/**
 * The last ten lines as `{level, message, timestamp}`; what is neither text nor an object is left out. A plain
 * line gets the tick's time when it first appears and keeps it: otherwise every tick would change all of them.
 */
function normaliseLogs(logs: JsonArray, { tickTime, previousLogs }: NormaliseContext): JsonArray {
  const lines = logs.filter((line) => typeof line === 'string' || isJsonObject(line)).slice(-logsKept);
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
      timestamp: line.timestamp ?? timeOf(message),
    };
  });
}

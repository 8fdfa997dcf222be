import { readInstant } from '../../../core/instant.ts';
import { isJsonObject, type JsonArray, type JsonValue } from '../../../core/json.ts';

export interface LogContext {
  /** ISO 8601 time that a log line without one of its own gets. */
  readonly tickTime: string;
  /** The log lines in force, already read. */
  readonly previousLogs: JsonValue | undefined;
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

/** In UTC where it can be read, else as it stands: people may still read it. */
function timeText(timestamp: JsonValue | undefined): string | undefined {
  if (typeof timestamp !== 'string' && typeof timestamp !== 'number') return undefined;
  return readInstant(timestamp)?.text ?? String(timestamp);
}

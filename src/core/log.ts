import type { Clock } from './clock.ts';

/** The part of a pino logger that the layers use: fields first, then a fixed message. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What a record says to people, without its fields. */
export interface LogRecord {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
}

/** Told of each record. Must not throw. */
export type RecordListener = (record: LogRecord) => void;

/**
 * Logs a warning at most once per key and interval; the next one says how many were left out. For faults that
 * an untrusted peer could otherwise use to flood the log. `key` must come from a bounded set; a message that is
 * to hold the number itself is made from it: of all since the last line, this one included.
 */
export function createWarningThrottle(log: Log, clock: Clock, intervalMs = 5000) {
  const seen = new Map<string, { at: number; suppressed: number }>();
  return (key: string, fields: object, message: string | ((count: number) => string)): void => {
    const now = clock.monotonic();
    const last = seen.get(key);
    if (last !== undefined && now - last.at < intervalMs) {
      last.suppressed += 1;
      return;
    }
    const suppressed = last?.suppressed ?? 0;
    seen.set(key, { at: now, suppressed: 0 });
    const text = typeof message === 'string' ? message : message(suppressed + 1);
    log.warn(suppressed > 0 ? { ...fields, suppressed } : fields, text);
  };
}

export type WarningThrottle = ReturnType<typeof createWarningThrottle>;

import type { Clock } from './clock.ts';

/** The part of a pino logger that the layers use: fields first, then a fixed message. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * Logs a warning at most once per key and interval; the next one says how many were left out. For faults that
 * an untrusted peer could otherwise use to flood the log. `key` must come from a bounded set.
 */
export function createWarningThrottle(log: Log, clock: Clock, intervalMs = 5000) {
  const seen = new Map<string, { at: number; suppressed: number }>();
  return (key: string, fields: object, message: string): void => {
    const now = clock.monotonic();
    const last = seen.get(key);
    if (last !== undefined && now - last.at < intervalMs) {
      last.suppressed += 1;
      return;
    }
    const suppressed = last?.suppressed ?? 0;
    seen.set(key, { at: now, suppressed: 0 });
    log.warn(suppressed > 0 ? { ...fields, suppressed } : fields, message);
  };
}

export type WarningThrottle = ReturnType<typeof createWarningThrottle>;

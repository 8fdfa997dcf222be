import type { Clock } from './clock.ts';

/** The part of a pino logger that the layers use: fields, then a fixed message. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A log record without its fields. */
export interface LogRecord {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
}

/** Must not throw. */
export type RecordListener = (record: LogRecord) => void;

interface Throttled {
  /** When its last line was written, monotonic ms. */
  readonly at: number;
  suppressed: number;
  /** Logs the suppressed warnings as one line, with the fields of the last. */
  flush: () => void;
}

/**
 * Logs a warning at most once per key and interval, for faults with which an untrusted peer could flood the log. Those
 * suppressed are logged at the end of the interval as one line, with the fields of the last and their number. Keys must
 * come from a bounded set. A message may be a function of how many warnings the line stands for.
 */
export function createWarningThrottle(log: Log, clock: Clock, intervalMs = 5000) {
  const seen = new Map<string, Throttled>();

  const write = (key: string, fields: object, text: string): void => {
    seen.set(key, { at: clock.monotonic(), suppressed: 0, flush: () => {} });
    log.warn(fields, text);
  };

  return (key: string, fields: object, message: string | ((count: number) => string)): void => {
    const textFor = (count: number): string => (typeof message === 'string' ? message : message(count));
    const last = seen.get(key);
    const passed = last === undefined ? intervalMs : clock.monotonic() - last.at;
    if (last === undefined || (passed >= intervalMs && last.suppressed === 0)) {
      write(key, fields, textFor(1));
      return;
    }
    last.suppressed += 1;
    const { suppressed } = last;
    last.flush = () => write(key, { ...fields, suppressed }, textFor(suppressed));
    if (suppressed === 1) clock.after(Math.max(0, intervalMs - passed), () => last.flush());
  };
}

export type WarningThrottle = ReturnType<typeof createWarningThrottle>;

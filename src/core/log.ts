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

interface Throttled {
  /** When its last line was written, monotonic ms. */
  readonly at: number;
  suppressed: number;
  /** Writes the line for those that were left out, with what the last of them said. */
  flush: () => void;
}

/**
 * Logs a warning at most once per key and interval. For faults that an untrusted peer could otherwise use to flood
 * the log. Those left out are told when the interval is over, in a line that has the fields of the last one and
 * their number as `suppressed`. `key` must come from a bounded set; a message that is to hold the number itself is
 * made from it: how many warnings the line stands for.
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

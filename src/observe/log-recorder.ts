import type { Log, LogRecord, RecordListener } from '../core/log.ts';
import { redactText } from './redact-text.ts';

/** A log whose records, from info up, also reach listeners: their message alone, redacted. */
export interface LogRecorder {
  /** Writes to the log given, whatever level that has. What is logged there directly reaches no listener. */
  readonly log: Log;
  /** Returns how to stop listening. */
  onRecord(listener: RecordListener): () => void;
}

export function createLogRecorder(log: Log): LogRecorder {
  const listeners = new Set<RecordListener>();
  const at = (level: LogRecord['level']) => (fields: object, message: string) => {
    log[level](fields, message);
    // What operators did is for those who may read the audit log.
    if (listeners.size === 0 || ('audit' in fields && fields.audit === true)) return;
    const record = { level, message: redactText(message) };
    for (const listener of listeners) listener(record);
  };
  return {
    log: {
      debug: (fields, message) => log.debug(fields, message),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
    },
    onRecord(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

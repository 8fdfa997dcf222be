import type { Log, LogRecord, RecordListener } from '../core/log.ts';

/** A log that also passes its records, from info up, to listeners: their redacted message without the fields. */
export class LogRecorder implements Log {
  readonly #written: Log;
  readonly #listeners = new Set<RecordListener>();

  constructor(written: Log) {
    this.#written = written;
  }

  debug(fields: object, message: string): void {
    this.#written.debug(fields, message);
  }

  info(fields: object, message: string): void {
    this.#record('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#record('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#record('error', fields, message);
  }

  /** Returns how to stop listening. */
  onRecord(listener: RecordListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #record(level: LogRecord['level'], fields: object, text: string): void {
    this.#written[level](fields, text);
    // The audit trail is for those who may read the log.
    if (this.#listeners.size === 0 || ('audit' in fields && fields.audit === true)) return;
    const record = { level, message: redactText(text) };
    for (const listener of this.#listeners) listener(record);
  }
}

/** A word that announces a secret, and the secret. */
const announced =
  /\b(token|secret|password|authorization|cookie)(["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&]+)/gi;
const scheme = /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi;
const jsonWebToken = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;
const userInfo = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi;
const query = /\b([a-z][a-z0-9+.-]*:\/\/[^\s?#]*)\?[^\s]*/gi;

/** Removes secrets and the queries of URLs from a text. */
export function redactText(text: string): string {
  return text
    .replace(query, '$1')
    .replace(userInfo, '$1[redacted]@')
    .replace(scheme, '$1 [redacted]')
    .replace(jsonWebToken, '[redacted]')
    .replace(announced, '$1$2[redacted]');
}

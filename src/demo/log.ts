import type { Log } from '../core/log.ts';

/** Where the demo engine tells what happens to it. */
export type DemoLog = Pick<Log, 'info' | 'warn'>;

/** What goes into a log field. A failed connect to several addresses has no message, only a code. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}

/** Where the demo engine tells what happens to it; a pino logger fits. */
export interface DemoLog {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
}

export const silentLog: DemoLog = { info: () => undefined, warn: () => undefined };

/** What goes into a log field. A failed connect to several addresses has no message, only a code. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}

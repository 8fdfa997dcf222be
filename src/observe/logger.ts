import { type Logger, pino } from 'pino';
import { LogOutput } from './log-output.ts';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  readonly level: LogLevel;
  /** One readable line an entry, in colour, instead of JSON. Default: where standard output is a terminal. */
  readonly pretty?: boolean;
}

/** Never written, down to the third level of an entry's fields: deeper ones nobody logs here. */
const secrets = ['token', 'secret', 'password', 'authorization', 'cookie'];

export function createLogger({ level, pretty = process.stdout.isTTY === true }: LoggerOptions): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
  };
  if (!pretty) {
    const lostLine = (lost: number) =>
      `${JSON.stringify({ level: 'error', time: new Date().toISOString(), lost, msg: 'log lines lost: nobody read them, or the disk was full' })}\n`;
    return pino(options, new LogOutput({ lostLine }));
  }
  return pino({
    ...options,
    // A formatter for the level cannot be combined with a transport; pino-pretty names the levels itself.
    formatters: {},
    transport: { target: 'pino-pretty', options: { translateTime: 'SYS:HH:MM:ss.l', singleLine: true } },
  });
}

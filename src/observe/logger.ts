import { write, writeSync } from 'node:fs';
import { type Logger, pino } from 'pino';

export const pinoLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type PinoLevel = (typeof pinoLevels)[number];

/** Fields that are redacted, down to the third level. */
const secrets = ['token', 'secret', 'password', 'authorization', 'cookie'];

/** @param pretty one readable line an entry, in colour, instead of JSON. Default: where standard output is a terminal */
export function createLogger({
  level,
  pretty = process.stdout.isTTY === true,
}: {
  readonly level: PinoLevel;
  readonly pretty?: boolean;
}): Logger {
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

/** A full pipe is soon read; a full disk takes longer. */
const [pipeRetryMs, retryMs] = [10, 250] as const;
const mostAtOnce = 64 * 1024;

/**
 * Writes log lines without ever blocking: a HALT must not wait for a log. Where a pipe is not read or a disk is full,
 * lines are dropped, counted, and reported once writing works again.
 */
export class LogOutput {
  readonly #fd: number;
  readonly #maxWaitingBytes: number;
  readonly #lostLine: (lost: number) => string;
  #lines: string[] = [];
  #waitingBytes = 0;
  #lost = 0;
  /** Being written. */
  #underWay: Buffer | undefined;
  #isGone = false;
  #whenIdle: (() => void)[] = [];

  constructor({
    fd = 1,
    maxWaitingBytes = 4 * 1024 * 1024,
    lostLine,
  }: {
    /** File descriptor. Default that of standard output. */
    readonly fd?: number;
    /** Bytes of buffered lines; further lines are dropped, and counted. Default 4 MiB. */
    readonly maxWaitingBytes?: number;
    /** The line that reports how many were lost. */
    readonly lostLine: (lost: number) => string;
  }) {
    this.#fd = fd;
    this.#maxWaitingBytes = maxWaitingBytes;
    this.#lostLine = lostLine;
    process.once('exit', () => this.#writeRest());
  }

  /** @param line with its line feed */
  write(line: string): void {
    if (this.#isGone) return;
    if (this.#waitingBytes + line.length > this.#maxWaitingBytes) {
      this.#lost += 1;
      return;
    }
    this.#lines.push(line);
    this.#waitingBytes += line.length;
    if (this.#underWay === undefined) this.#next();
  }

  /** Calls back once everything is written, which may be never. */
  flush(done: () => void): void {
    if (this.#underWay === undefined) done();
    else this.#whenIdle.push(done);
  }

  #next(): void {
    if (this.#lines.length === 0) {
      this.#underWay = undefined;
      for (const done of this.#whenIdle.splice(0)) done();
      return;
    }
    this.#write(this.#takeSome());
  }

  #write(bytes: Buffer): void {
    this.#underWay = bytes;
    // Not `process.stdout`, which writes to pipes and files synchronously.
    write(this.#fd, bytes, (error, written) => {
      if (error?.code === 'EPIPE') return this.#end();
      const rest = bytes.subarray(error === null ? written : 0);
      const waitMs = error?.code === 'EAGAIN' ? pipeRetryMs : retryMs;
      if (error !== null) setTimeout(() => this.#write(rest), waitMs).unref();
      else if (rest.length > 0) this.#write(rest);
      else this.#next();
    });
  }

  /** The reader has closed the pipe. */
  #end(): void {
    this.#isGone = true;
    this.#lines = [];
    this.#next();
  }

  #takeSome(): Buffer {
    let count = 0;
    let length = 0;
    while (count < this.#lines.length && length < mostAtOnce) length += this.#lines[count++]?.length ?? 0;
    const taken = this.#lines.splice(0, count);
    this.#waitingBytes -= length;
    if (this.#lost > 0 && this.#lines.length === 0) {
      taken.push(this.#lostLine(this.#lost));
      this.#lost = 0;
    }
    return Buffer.from(taken.join(''));
  }

  /** At the exit of the process: writes the rest, unless the output is blocked, which would block the exit too. */
  #writeRest(): void {
    if (this.#isGone || this.#underWay !== undefined) return;
    try {
      while (this.#lines.length > 0) writeSync(this.#fd, this.#takeSome());
    } catch {
      // Nowhere is left to report it.
    }
  }
}

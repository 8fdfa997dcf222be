import { type LogLine, messageText } from '../../client/document.ts';
import { formatText } from './format.ts';

/** A line with a number of its own, by which a list knows it again. */
export interface NumberedLine extends LogLine {
  readonly id: number;
  /** The message, for people to read. */
  readonly text: string;
}

const maxLines = 200;

/** More of the engine's log than the ten lines that the document holds at a time. */
export class LogTrail {
  #lines: readonly NumberedLine[] = [];
  #seen: readonly LogLine[] = [];
  #nextId = 1;

  /** Oldest first; a new array on each change. */
  get lines(): readonly NumberedLine[] {
    return this.#lines;
  }

  /** Takes what the document holds now, oldest first. */
  take(lines: readonly LogLine[]): void {
    if (lines === this.#seen) return;
    const known = new Set(this.#seen.map(contentOf));
    this.#seen = lines;
    const fresh = lines.filter((line) => !known.has(contentOf(line)));
    if (fresh.length === 0) return;
    const numbered = fresh.map((line) => {
      this.#nextId += 1;
      return { ...line, text: formatText(messageText(line)), id: this.#nextId };
    });
    this.#lines = [...this.#lines, ...numbered].slice(-maxLines);
  }
}

function contentOf({ timestamp, level, message }: LogLine): string {
  return JSON.stringify([timestamp, level, message]);
}

export const logLevels = ['all', 'info', 'warning', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

const ranks: Readonly<Record<string, number>> = {
  TRACE: 0,
  DEBUG: 0,
  INFO: 1,
  NOTICE: 1,
  WARN: 2,
  WARNING: 2,
  ERROR: 3,
  CRITICAL: 3,
  FATAL: 3,
};

/** 0 (debug) to 3 (error); a level that is not known counts as info. */
export function severityOf({ level }: LogLine): number {
  return ranks[`${level}`.toUpperCase()] ?? 1;
}

/** Whether a line is shown by a filter that asks for this level and above. */
export function passes(line: LogLine, least: LogLevel): boolean {
  return severityOf(line) >= logLevels.indexOf(least);
}

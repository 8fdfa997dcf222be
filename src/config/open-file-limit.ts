import { readFileSync } from 'node:fs';

/** Descriptors that are not clients': listeners, engine, Redis, files. */
const reserved = 200;

/** How many connections the process can hold at most; undefined where the system does not say (it is no Linux). */
export function connectionsPossible(limitsFile = '/proc/self/limits'): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync(limitsFile, 'utf8')) ?? [];
    return soft === undefined ? undefined : Math.max(1, Number(soft) - reserved);
  } catch {
    return undefined;
  }
}

import { readFileSync } from 'node:fs';

/** Descriptors that are no connections that last: of requests, listeners, engine, Redis, files. */
const reserved = 200;
/** Of these, those that requests must leave to the others: a HALT needs one to reach the engine. */
const reservedFromRequests = 100;

/** How many connections the process can hold at most; undefined where the system does not say (it is no Linux). */
export function connectionsPossible(limitsFile = '/proc/self/limits'): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync(limitsFile, 'utf8')) ?? [];
    return soft === undefined ? undefined : Math.max(1, Number(soft) - reserved);
  } catch {
    return undefined;
  }
}

/** How many sockets clients may have open at most, those of connections and of requests together. */
export function socketsPossible(limitsFile?: string): number | undefined {
  const connections = connectionsPossible(limitsFile);
  return connections === undefined ? undefined : connections + reserved - reservedFromRequests;
}

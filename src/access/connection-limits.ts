import { readFileSync } from 'node:fs';
import { once } from '../core/clock.ts';
import type { Log } from '../core/log.ts';

export interface ConnectionLimitOptions {
  /** Connections over all dialects. 0: no bound. */
  readonly maxConnections: number;
  /** Connections of one client. 0: no bound. */
  readonly maxConnectionsPerIp: number;
  /** Further ones that operators alone may have, whatever the others hold. */
  readonly operatorPlaces: number;
}

export interface Place {
  /** What is counted as one client. */
  readonly group: string;
  /** Whether many clients may be behind it, so that it is not counted as one. */
  readonly isExempt: boolean;
  readonly isOperator: boolean;
}

/** Is given back once, however often that is said. */
export interface HeldPlace {
  release(): void;
}

export type PlaceGiven =
  | ({ readonly ok: true } & HeldPlace)
  | { readonly ok: false; readonly reason: 'total' | 'per_ip' | 'operators' };

/** Counts connections from the handshake on. */
export class ConnectionLimits {
  readonly #options: ConnectionLimitOptions;
  readonly #perGroup = new Map<string, number>();
  #total = 0;
  #beyond = 0;
  /** Operators who are to have the place of one that leaves. */
  readonly #displacing = new Set<{ isCounted: boolean }>();

  constructor(options: ConnectionLimitOptions) {
    this.#options = options;
  }

  /**
   * A place for a connection, to be released once when it ends. `operators`: those kept for them are gone, too.
   */
  admit(place: Place): PlaceGiven {
    const reason = this.#reasonAgainst(place);
    if (reason === undefined) return this.#count(place.group);
    if (!place.isOperator || this.#options.operatorPlaces === 0) return { ok: false, reason };
    // There is room: that too many come from there is held against nobody who is known.
    if (reason === 'per_ip') return this.#count(undefined);
    if (this.#beyond >= this.#options.operatorPlaces) return { ok: false, reason: 'operators' };
    return this.#takeBeyond({ isCounted: false });
  }

  /** A place beyond all, until the next that is given back takes it in: one has been asked to leave. */
  displace(): Extract<PlaceGiven, { ok: true }> {
    const operator = { isCounted: false };
    this.#displacing.add(operator);
    return this.#takeBeyond(operator);
  }

  #takeBeyond(operator: { isCounted: boolean }): Extract<PlaceGiven, { ok: true }> {
    this.#beyond += 1;
    return {
      ok: true,
      release: once(() => {
        this.#displacing.delete(operator);
        if (operator.isCounted) this.#giveBack();
        else this.#beyond -= 1;
      }),
    };
  }

  /** A place is free: for who displaced one, else for anybody. */
  #giveBack(): void {
    const [operator] = this.#displacing;
    if (operator === undefined) {
      this.#total -= 1;
      return;
    }
    this.#displacing.delete(operator);
    operator.isCounted = true;
    this.#beyond -= 1;
  }

  #reasonAgainst({ group, isExempt }: Place): 'total' | 'per_ip' | undefined {
    const { maxConnections, maxConnectionsPerIp } = this.#options;
    if (maxConnections > 0 && this.#total >= maxConnections) return 'total';
    if (maxConnectionsPerIp === 0 || isExempt) return undefined;
    return (this.#perGroup.get(group) ?? 0) >= maxConnectionsPerIp ? 'per_ip' : undefined;
  }

  #count(group: string | undefined): Extract<PlaceGiven, { ok: true }> {
    this.#total += 1;
    if (group !== undefined) this.#perGroup.set(group, (this.#perGroup.get(group) ?? 0) + 1);
    return new CountedPlace(group, this.#uncount);
  }

  readonly #uncount = (group: string | undefined): void => {
    this.#giveBack();
    if (group === undefined) return;
    const left = (this.#perGroup.get(group) ?? 1) - 1;
    if (left > 0) this.#perGroup.set(group, left);
    else this.#perGroup.delete(group);
  };
}

/** An object and no closures: each connection has one. */
class CountedPlace {
  readonly #group: string | undefined;
  readonly #uncount: (group: string | undefined) => void;
  #isReleased = false;

  constructor(group: string | undefined, uncount: (group: string | undefined) => void) {
    this.#group = group;
    this.#uncount = uncount;
  }

  get ok(): true {
    return true;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#uncount(this.#group);
  }
}

/** Descriptors that are no connections that last: of requests, listeners, engine, Redis, files. */
const reserved = 200;
/** Of these, those that requests must leave to the others: a HALT needs one to reach the engine. */
const reservedFromRequests = 100;

const leastOperatorPlaces = 4;

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

/** @param connections of everybody else; 0: not bounded */
export function operatorPlacesBeside(connections: number): number {
  return Math.max(leastOperatorPlaces, Math.ceil(connections / 100));
}

/** More connections than open files would fail one by one; fewer places are refused with a clear answer. */
export function withinOpenFiles(wanted: number, authEnabled: boolean, log: Log): number {
  const all = connectionsPossible();
  if (all === undefined) return wanted;
  const possible = authEnabled ? Math.max(1, all - operatorPlacesBeside(all)) : all;
  if (wanted > 0 && wanted <= possible) return wanted;
  const hint = 'raise the open-file limit (ulimit -n), or set MAX_CONNECTIONS to what it allows';
  log.warn({ MAX_CONNECTIONS: wanted, possible, hint }, 'connections bounded by the open-file limit');
  return possible;
}

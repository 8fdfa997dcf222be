import { readFileSync } from 'node:fs';
import { once } from '../core/clock.ts';

export interface ConnectionLimitOptions {
  /** Connections over all dialects. 0: no bound. */
  readonly maxConnections: number;
  /** Connections of one client. 0: no bound. */
  readonly maxConnectionsPerIp: number;
  /** Further ones, reserved for operators. */
  readonly operatorPlaces: number;
}

export interface PlaceRequest {
  /** Key by which connections are counted as one client's. */
  readonly group: string;
  /** Not subject to the limit per client. */
  readonly isExempt: boolean;
  readonly isOperator: boolean;
}

/** Releasing it again has no effect. */
export interface HeldPlace {
  release(): void;
}

/** The limit that is reached. */
export type NoPlace = 'total' | 'per_ip' | 'operators';

/** Counts connections from the handshake on. */
export class ConnectionLimits {
  readonly #options: ConnectionLimitOptions;
  readonly #perGroup = new Map<string, number>();
  #total = 0;
  #beyond = 0;
  /** Operators waiting for the place of a connection that is being closed for them. */
  readonly #displacing = new Set<{ isCounted: boolean }>();

  constructor(options: ConnectionLimitOptions) {
    this.#options = options;
  }

  /** A place for a connection, to be released when it ends. `operators`: the reserved ones are taken, too. */
  admit(place: PlaceRequest): HeldPlace | NoPlace {
    const reason = this.#reasonAgainst(place);
    if (reason === undefined) return this.#count(place.group);
    if (!place.isOperator || this.#options.operatorPlaces === 0) return reason;
    // There is room, and the limit per client does not hold for known operators.
    if (reason === 'per_ip') return this.#count(undefined);
    if (this.#beyond >= this.#options.operatorPlaces) return 'operators';
    return this.#takeBeyond({ isCounted: false });
  }

  /** A place beyond the limits, for which a connection is being closed: the next place released covers it. */
  displace(): HeldPlace {
    const operator = { isCounted: false };
    this.#displacing.add(operator);
    return this.#takeBeyond(operator);
  }

  #takeBeyond(operator: { isCounted: boolean }): HeldPlace {
    this.#beyond += 1;
    return {
      release: once(() => {
        this.#displacing.delete(operator);
        if (operator.isCounted) this.#giveBack();
        else this.#beyond -= 1;
      }),
    };
  }

  /** A released place covers a waiting operator, else it is free for anybody. */
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

  #reasonAgainst({ group, isExempt }: PlaceRequest): NoPlace | undefined {
    const { maxConnections, maxConnectionsPerIp } = this.#options;
    if (maxConnections > 0 && this.#total >= maxConnections) return 'total';
    if (maxConnectionsPerIp === 0 || isExempt) return undefined;
    return (this.#perGroup.get(group) ?? 0) >= maxConnectionsPerIp ? 'per_ip' : undefined;
  }

  #count(group: string | undefined): HeldPlace {
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

/** An object rather than closures, as each connection has one. */
class CountedPlace implements HeldPlace {
  readonly #group: string | undefined;
  readonly #uncount: (group: string | undefined) => void;
  #isReleased = false;

  constructor(group: string | undefined, uncount: (group: string | undefined) => void) {
    this.#group = group;
    this.#uncount = uncount;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#uncount(this.#group);
  }
}

/** File descriptors kept for everything but long-lived connections: requests, listeners, engine, Redis, files. */
const reserved = 200;
/** Of these, kept from plain requests, too: a HALT needs one to reach the engine. */
const reservedFromRequests = 100;

const leastOperatorPlaces = 4;

/** How many connections the process can hold; undefined where the system does not say (not Linux). */
export function connectionsPossible(limitsFile = '/proc/self/limits'): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync(limitsFile, 'utf8')) ?? [];
    return soft === undefined ? undefined : Math.max(1, Number(soft) - reserved);
  } catch {
    return undefined;
  }
}

/** How many sockets clients may have open, of connections and of plain requests together. */
export function socketsPossible(limitsFile?: string): number | undefined {
  const connections = connectionsPossible(limitsFile);
  return connections === undefined ? undefined : connections + reserved - reservedFromRequests;
}

/** Places reserved for operators. @param connections for everybody else; 0: not bounded */
export function operatorPlacesBeside(connections: number): number {
  return Math.max(leastOperatorPlaces, Math.ceil(connections / 100));
}

/**
 * `MAX_CONNECTIONS`, bounded by the open-file limit: a clear refusal is better than sockets that fail one by one.
 * @param wanted 0: as many as there can be, and 0 again where that is not known
 */
export function withinOpenFiles(wanted: number, authEnabled: boolean, limitsFile?: string): number {
  const all = connectionsPossible(limitsFile);
  if (all === undefined) return wanted;
  const possible = authEnabled ? Math.max(1, all - operatorPlacesBeside(all)) : all;
  return wanted > 0 && wanted <= possible ? wanted : possible;
}

/** The least open-file limit that leaves room for so many connections. */
export function openFilesFor(connections: number, authEnabled: boolean): number {
  const withOperators = Math.max(connections + leastOperatorPlaces, Math.ceil((connections * 100) / 99));
  return reserved + (authEnabled ? withOperators : connections);
}

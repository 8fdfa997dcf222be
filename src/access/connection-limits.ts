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

export type PlaceGiven =
  | { readonly ok: true; readonly release: () => void }
  | { readonly ok: false; readonly reason: 'total' | 'per_ip' | 'operators' };

/** Counts connections from the handshake on. */
export class ConnectionLimits {
  readonly #options: ConnectionLimitOptions;
  readonly #perGroup = new Map<string, number>();
  #total = 0;
  #beyond = 0;

  constructor(options: ConnectionLimitOptions) {
    this.#options = options;
  }

  /**
   * A place for a connection, to be released once when it ends. `operators`: those kept for them are gone, too, and
   * `take` would take one all the same.
   */
  admit(place: Place): PlaceGiven {
    const reason = this.#reasonAgainst(place);
    if (reason === undefined) return this.#count(place.group);
    if (!place.isOperator || this.#options.operatorPlaces === 0) return { ok: false, reason };
    if (this.#beyond >= this.#options.operatorPlaces) return { ok: false, reason: 'operators' };
    return this.takeBeyond();
  }

  /** A place beyond the limits. */
  takeBeyond(): Extract<PlaceGiven, { ok: true }> {
    this.#beyond += 1;
    return {
      ok: true,
      release: once(() => {
        this.#beyond -= 1;
      }),
    };
  }

  #reasonAgainst({ group, isExempt }: Place): 'total' | 'per_ip' | undefined {
    const { maxConnections, maxConnectionsPerIp } = this.#options;
    if (maxConnections > 0 && this.#total >= maxConnections) return 'total';
    if (maxConnectionsPerIp === 0 || isExempt) return undefined;
    return (this.#perGroup.get(group) ?? 0) >= maxConnectionsPerIp ? 'per_ip' : undefined;
  }

  #count(group: string): Extract<PlaceGiven, { ok: true }> {
    this.#total += 1;
    this.#perGroup.set(group, (this.#perGroup.get(group) ?? 0) + 1);
    return {
      ok: true,
      release: once(() => {
        this.#total -= 1;
        const left = (this.#perGroup.get(group) ?? 1) - 1;
        if (left > 0) this.#perGroup.set(group, left);
        else this.#perGroup.delete(group);
      }),
    };
  }
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}

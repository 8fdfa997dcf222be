export interface ConnectionLimitOptions {
  /** Connections over all dialects. 0: no bound. */
  readonly maxConnections: number;
  /** Connections from one client address. 0: no bound. */
  readonly maxConnectionsPerIp: number;
  /** Whether loopback addresses are exempt from the second: they are, unless proxies are trusted. */
  readonly exemptLoopback: boolean;
}

export type Admission =
  | { readonly ok: true; readonly release: () => void }
  | { readonly ok: false; readonly reason: 'total' | 'per_ip' };

/** Counts connections from the handshake on. */
export class ConnectionLimits {
  readonly #options: ConnectionLimitOptions;
  readonly #perAddress = new Map<string, number>();
  #total = 0;

  constructor(options: ConnectionLimitOptions) {
    this.#options = options;
  }

  /** A place for a connection, to be released once when it ends. */
  admit(address: string): Admission {
    const { maxConnections, maxConnectionsPerIp, exemptLoopback } = this.#options;
    if (maxConnections > 0 && this.#total >= maxConnections) return { ok: false, reason: 'total' };
    const ofAddress = this.#perAddress.get(address) ?? 0;
    const bounded = maxConnectionsPerIp > 0 && !(exemptLoopback && isLoopback(address));
    if (bounded && ofAddress >= maxConnectionsPerIp) return { ok: false, reason: 'per_ip' };
    this.#total += 1;
    this.#perAddress.set(address, ofAddress + 1);
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      this.#total -= 1;
      const left = (this.#perAddress.get(address) ?? 1) - 1;
      if (left > 0) this.#perAddress.set(address, left);
      else this.#perAddress.delete(address);
    };
    return { ok: true, release };
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\./.test(address);
}

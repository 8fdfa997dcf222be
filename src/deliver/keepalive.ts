import type { CloseCause } from './closes.ts';

export interface KeepaliveLimits {
  /** Interval of the protocol ping. */
  readonly pingEveryMs: number;
  /** A client that sent nothing for so long, pongs included, is terminated. */
  readonly silentAfterMs: number;
  /** A client that could not be sent to for so long is closed as `slow`. */
  readonly slowAfterMs: number;
  /** A client that sent neither a message nor a ping for so long is closed as `idle`. Default: it need not. */
  readonly idleAfterMs?: number;
}

export const keepaliveDefaults: KeepaliveLimits = {
  pingEveryMs: 30_000,
  silentAfterMs: 75_000,
  slowAfterMs: 30_000,
};

/** Why a connection is ended that shows no sign of life, or does not keep up. */
type KeepaliveEnd = Extract<CloseCause, 'idle' | 'slow'> | 'silent';

/**
 * Whether one client is alive and keeps up: when it is to be pinged, and when it has been silent, idle or slow for too
 * long. All times are monotonic; kept as whole ms, which take no memory of their own.
 */
export class Keepalive {
  readonly #limits: KeepaliveLimits;
  #probedAt: number;
  #messageAt: number;
  /** Since when it has not been writable; undefined while it is. */
  #blockedSince: number | undefined;

  constructor(limits: KeepaliveLimits, now: number) {
    this.#limits = limits;
    this.#probedAt = Math.trunc(now);
    this.#messageAt = this.#probedAt;
  }

  /** It sent something of its own accord. */
  heard(now: number): void {
    this.#messageAt = Math.trunc(now);
  }

  /** Whether there is something that it could not be sent. */
  get isBlocked(): boolean {
    return this.#blockedSince !== undefined;
  }

  /** It could not be sent something. */
  blocked(now: number): void {
    this.#blockedSince ??= Math.trunc(now);
  }

  /**
   * Tries again to send to it. A client that takes nothing is as blocked as it was before.
   * @param attempt true if anything was sent; calls `blocked` if anything was not
   */
  retry(attempt: () => boolean): void {
    const before = this.#blockedSince;
    this.#blockedSince = undefined;
    if (attempt() || this.#blockedSince === undefined) return;
    this.#blockedSince = before ?? this.#blockedSince;
  }

  /**
   * Why its connection is to end; undefined: it is alive and keeps up.
   * @param heardAt when anything at all came from it, protocol frames included
   */
  endedBy(now: number, heardAt: number): KeepaliveEnd | undefined {
    const { silentAfterMs, idleAfterMs = Number.POSITIVE_INFINITY, slowAfterMs } = this.#limits;
    if (now - heardAt >= silentAfterMs) return 'silent';
    if (now - this.#messageAt >= idleAfterMs) return 'idle';
    if (this.#blockedSince !== undefined && now - this.#blockedSince >= slowAfterMs) return 'slow';
    return undefined;
  }

  /** Whether it is to be asked for a sign of life: once each interval. */
  takeProbe(now: number): boolean {
    if (now - this.#probedAt < this.#limits.pingEveryMs) return false;
    this.#probedAt = Math.trunc(now);
    return true;
  }
}

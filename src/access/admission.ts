import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { TokenBucket } from '../core/token-bucket.ts';
import { isLoopback } from './client-address.ts';
import { ConnectionLimits } from './connection-limits.ts';
import { type CredentialRequest, findToken } from './credentials.ts';
import type { Entrance, Permission } from './entrance.ts';
import { connectionsPossible } from './open-file-limit.ts';
import type { Origins } from './origins.ts';
import type { Refusal, Refusals } from './refusals.ts';
import type { Visitors } from './visitors.ts';

/** A place that is given back once, or why there is none. */
export type Entry = { readonly ok: true; readonly release: () => void } | Refusal;

/** A place, and what whoever has it may do. */
export type Admitted = Extract<Entry, { ok: true }> & { readonly permission: Permission };

export interface AdmissionOptions {
  /** `MAX_CONNECTIONS`. */
  readonly maxConnections: number;
  /** `MAX_CONNECTIONS_PER_IP`. */
  readonly maxConnectionsPerIp: number;
  /** `TRUST_PROXY`. */
  readonly trustedProxies: number;
  /** Whether tokens say who is an operator: without them nobody can be told from the crowd. */
  readonly authEnabled: boolean;
}

export interface AdmissionParts {
  readonly origins: Pick<Origins, 'mayRead' | 'allowsHost'>;
  readonly visitors: Visitors;
  readonly refusals: Refusals;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the connection of the viewer that is furthest behind. False: there is none. */
  readonly dismissViewer: () => boolean;
}

/** Tokens a second that are verified for those who would get no place otherwise, with what may come at once. */
const tokensAtCapacity = { perSecond: 50, burst: 50 };
const leastOperatorPlaces = 4;

/** Who may connect at all, whatever the dialect: by host and origin, and while there is room. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #parts: AdmissionParts;
  readonly #limits: ConnectionLimits;
  readonly #verifications = new TokenBucket(tokensAtCapacity);

  constructor(options: AdmissionOptions, parts: AdmissionParts) {
    this.#options = options;
    this.#parts = parts;
    const { maxConnections, maxConnectionsPerIp, authEnabled } = options;
    const bound = boundByOpenFiles(maxConnections, authEnabled, parts.log);
    const operatorPlaces = authEnabled ? operatorPlacesBeside(bound) : 0;
    this.#limits = new ConnectionLimits({ maxConnections: bound, maxConnectionsPerIp, operatorPlaces });
  }

  /**
   * Lets a handshake in: first by what costs nothing, so that who cannot have a place is turned away before its token
   * is verified; unless it may be an operator's.
   */
  async enter(request: CredentialRequest, entrance: Entrance): Promise<Admitted | Refusal> {
    const foreign = this.#foreign(request);
    if (foreign !== undefined) return this.#refuse(foreign, request);
    const place = this.#place(request, false);
    if (!place.ok && !this.#mayBeOperator(request)) return this.#refuse(place, request);
    const release = place.ok ? place.release : () => {};
    const entry = await entrance(request).catch((error: unknown) => {
      release();
      throw error;
    });
    if (!entry.ok) {
      release();
      return entry;
    }
    if (place.ok) return { ...place, permission: entry.permission };
    const second = entry.permission.isOperator ? this.#place(request, true) : place;
    return second.ok ? { ...second, permission: entry.permission } : this.#refuse(second, request);
  }

  /** A place for one whose token and origin have been seen to. */
  admit(request: CredentialRequest, permission: Permission): Entry {
    const place = this.#place(request, permission.isOperator);
    return place.ok ? place : this.#refuse(place, request);
  }

  #place(request: CredentialRequest, isOperator: boolean): Entry {
    const { group, address, isForwardedUnread } = this.#parts.visitors.of(request);
    const isExempt = this.#options.trustedProxies === 0 && isLoopback(address);
    const given = this.#limits.admit({ group, isExempt, isOperator });
    if (given.ok) return given;
    if (given.reason === 'operators' && this.#parts.dismissViewer()) return this.#limits.displace();
    if (given.reason !== 'per_ip')
      return { ok: false, code: 'AT_CAPACITY', detail: 'see MAX_CONNECTIONS', retryAfterS: 5 };
    // Of the two settings the one that is likely to be wrong.
    const detail = isForwardedUnread
      ? 'the clients of a proxy count as one, see TRUST_PROXY'
      : 'see MAX_CONNECTIONS_PER_IP';
    return { ok: false, code: 'TOO_MANY_CONNECTIONS', detail };
  }

  #foreign(request: CredentialRequest): Refusal | undefined {
    const { origins } = this.#parts;
    if (!origins.allowsHost(request)) return { ok: false, code: 'HOST_REFUSED', detail: 'see ALLOWED_HOSTS' };
    if (!origins.mayRead(request))
      return { ok: false, code: 'ORIGIN_REFUSED', detail: 'see ALLOWED_ORIGINS' };
    return undefined;
  }

  #mayBeOperator(request: CredentialRequest): boolean {
    if (!this.#options.authEnabled || findToken(request) === undefined) return false;
    return this.#verifications.take(this.#parts.clock.monotonic());
  }

  #refuse(refusal: Refusal, request: CredentialRequest): Refusal {
    this.#parts.refusals.tell('upgrade', refusal, request);
    return refusal;
  }
}

/** @param connections of everybody else; 0: not bounded */
function operatorPlacesBeside(connections: number): number {
  return Math.max(leastOperatorPlaces, Math.ceil(connections / 100));
}

/** More connections than open files would fail one by one; fewer places are refused with a clear answer. */
function boundByOpenFiles(wanted: number, authEnabled: boolean, log: Log): number {
  const all = connectionsPossible();
  if (all === undefined) return wanted;
  const possible = authEnabled ? Math.max(1, all - operatorPlacesBeside(all)) : all;
  if (wanted > 0 && wanted <= possible) return wanted;
  const hint = 'raise the open-file limit (ulimit -n), or set MAX_CONNECTIONS to what it allows';
  log.warn({ MAX_CONNECTIONS: wanted, possible, hint }, 'connections bounded by the open-file limit');
  return possible;
}

import type { Clock } from '../core/clock.ts';
import { Refusal } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { TokenBucket } from '../core/token-bucket.ts';
import { isLoopback } from './client-address.ts';
import { ConnectionLimits, type HeldPlace } from './connection-limits.ts';
import { type CredentialRequest, findToken } from './credentials.ts';
import { connectionsPossible } from './open-file-limit.ts';
import { hostRefused, type Origins, originRefused } from './origins.ts';
import type { Principal } from './principal.ts';
import type { Refusals } from './refusals.ts';
import type { Visitors } from './visitors.ts';

/** What has a place: a socket, or an answer that goes on. */
export interface Connection {
  readonly destroyed: boolean;
  on(event: 'close', listener: (this: Connection) => void): unknown;
}

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
  readonly #held = new Map<Connection, HeldPlace>();
  /** One for all connections, each of which it is called on: a closure for each would be held by each. */
  readonly #onClose: (this: Connection) => void;

  constructor(options: AdmissionOptions, parts: AdmissionParts) {
    this.#options = options;
    this.#parts = parts;
    const held = this.#held;
    this.#onClose = function () {
      held.get(this)?.release();
      held.delete(this);
    };
    const { maxConnections, maxConnectionsPerIp, authEnabled } = options;
    const bound = boundByOpenFiles(maxConnections, authEnabled, parts.log);
    const operatorPlaces = authEnabled ? operatorPlacesBeside(bound) : 0;
    this.#limits = new ConnectionLimits({ maxConnections: bound, maxConnectionsPerIp, operatorPlaces });
  }

  /**
   * Lets a handshake in, with a place until its connection closes. What costs nothing is looked at first, so that
   * who cannot have a place is turned away before its token is verified, unless it may be an operator's.
   */
  async enter(
    request: CredentialRequest,
    authorise: () => Promise<Principal | Refusal>,
    connection: Connection,
  ): Promise<Principal | Refusal> {
    const foreign = this.#foreign(request);
    if (foreign !== undefined) return this.#refuse(foreign, request);
    const place = this.#place(request, false);
    if (place instanceof Refusal && !this.#mayBeOperator(request)) return this.#refuse(place, request);
    const giveBack = (): void => {
      if (!(place instanceof Refusal)) place.release();
    };
    const principal = await authorise().catch((error: unknown) => {
      giveBack();
      throw error;
    });
    if (principal instanceof Refusal) {
      giveBack();
      return principal;
    }
    const kept = place instanceof Refusal && principal.isOperator ? this.#place(request, true) : place;
    if (kept instanceof Refusal) return this.#refuse(kept, request);
    this.#hold(connection, kept);
    return principal;
  }

  /** A place, until the connection closes, for one whose token and origin were checked; or why there is none. */
  admit(request: CredentialRequest, principal: Principal, connection: Connection): Refusal | undefined {
    const place = this.#place(request, principal.isOperator);
    if (place instanceof Refusal) return this.#refuse(place, request);
    this.#hold(connection, place);
    return undefined;
  }

  /** It may have closed while its token was verified: nothing would tell us again. */
  #hold(connection: Connection, place: HeldPlace): void {
    if (connection.destroyed) {
      place.release();
      return;
    }
    this.#held.set(connection, place);
    connection.on('close', this.#onClose);
  }

  /** A place to be given back, or why there is none. */
  #place(request: CredentialRequest, isOperator: boolean): HeldPlace | Refusal {
    const { group, address, isForwardedUnread } = this.#parts.visitors.of(request);
    const isExempt = this.#options.trustedProxies === 0 && isLoopback(address);
    const given = this.#limits.admit({ group, isExempt, isOperator });
    if (given.ok) return given;
    if (given.reason === 'operators' && this.#parts.dismissViewer()) return this.#limits.displace();
    if (given.reason !== 'per_ip') return atCapacity;
    // Of the two settings the one that is likely to be wrong.
    return isForwardedUnread ? tooManyOfProxy : tooManyOfAddress;
  }

  #foreign(request: CredentialRequest): Refusal | undefined {
    const { origins } = this.#parts;
    if (!origins.allowsHost(request)) return hostRefused;
    return origins.mayRead(request) ? undefined : originRefused;
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

const atCapacity = new Refusal('AT_CAPACITY', { detail: 'see MAX_CONNECTIONS', retryAfterS: 5 });
const tooManyOfProxy = new Refusal('TOO_MANY_CONNECTIONS', {
  detail: 'the clients of a proxy count as one, see TRUST_PROXY',
});
const tooManyOfAddress = new Refusal('TOO_MANY_CONNECTIONS', { detail: 'see MAX_CONNECTIONS_PER_IP' });

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

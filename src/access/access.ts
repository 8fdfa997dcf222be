import type { Clock } from '../core/clock.ts';
import { Refusal } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import { TokenBucket } from '../core/token-bucket.ts';
import {
  ConnectionLimits,
  type HeldPlace,
  operatorPlacesBeside,
  withinOpenFiles,
} from './connection-limits.ts';
import { type CredentialRequest, findToken } from './credentials.ts';
import { type OriginOptions, Origins } from './origins.ts';
import { Policies, type Policy, type PolicyOptions, refusal } from './policy.ts';
import { bearerOf, isRole, type Principal, type Role, strangerOf } from './principal.ts';
import { Refusals } from './refusals.ts';
import type { Verifier } from './verifier.ts';
import { isLoopback, Visitors } from './visitors.ts';

/** What counts as a connection: a socket, or a streamed response. */
export interface AdmittedConnection {
  readonly destroyed: boolean;
  on(event: 'close', listener: (this: AdmittedConnection) => void): unknown;
}

export interface AccessOptions extends OriginOptions, PolicyOptions {
  /** `AUTH_DEFAULT_ROLE`: role of a token without a `role` claim. Undefined: each policy has its own. */
  readonly defaultRole: Role | undefined;
  /** `MAX_CONNECTIONS`. */
  readonly maxConnections: number;
  /** `MAX_CONNECTIONS_PER_IP`. */
  readonly maxConnectionsPerIp: number;
}

export interface AccessParts {
  /** Undefined: no auth is configured, and tokens are ignored. */
  readonly verifier: Pick<Verifier, 'verify'> | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  /** Disconnects the viewer that is furthest behind. False: there is none. */
  readonly dismissViewer: () => boolean;
}

/** How many tokens are verified at capacity, in search of operators. */
const tokensAtCapacity = { perSecond: 50, burst: 50 };

/** Authenticates and authorises handshakes and plain requests alike, and admits connections within the limits. */
export class Access {
  readonly origins: Origins;
  readonly visitors: Visitors;
  readonly refusals: Refusals;
  readonly policies: Policies;
  readonly #verifier: AccessParts['verifier'];
  readonly #defaultRole: Role | undefined;
  readonly #clock: Clock;
  readonly #dismissViewer: () => boolean;
  /** Without a trusted proxy, connections from this machine are exempt from the limit per client. */
  readonly #sparesLoopback: boolean;
  readonly #limits: ConnectionLimits;
  readonly #verifications = new TokenBucket(tokensAtCapacity);
  readonly #held = new Map<AdmittedConnection, HeldPlace>();
  /** One function for all connections, called with the connection as `this`: a closure each would cost memory. */
  readonly #onClose: (this: AdmittedConnection) => void;

  constructor(options: AccessOptions, { verifier, clock, log, meter, dismissViewer }: AccessParts) {
    this.origins = new Origins(options);
    this.visitors = new Visitors(options.trustedProxies);
    this.refusals = new Refusals({ log, meter, clock, visitors: this.visitors });
    this.policies = new Policies(options);
    this.#verifier = verifier;
    this.#defaultRole = options.defaultRole;
    this.#clock = clock;
    this.#dismissViewer = dismissViewer;
    this.#sparesLoopback = options.trustedProxies === 0;
    const held = this.#held;
    this.#onClose = function () {
      held.get(this)?.release();
      held.delete(this);
    };
    // Without auth nobody is known to be an operator, and no places are reserved.
    const authEnabled = verifier !== undefined;
    const maxConnections = withinOpenFiles(options.maxConnections, authEnabled);
    const operatorPlaces = authEnabled ? operatorPlacesBeside(maxConnections) : 0;
    const { maxConnectionsPerIp } = options;
    this.#limits = new ConnectionLimits({ maxConnections, maxConnectionsPerIp, operatorPlaces });
  }

  /**
   * The principal of a request that a policy lets in, or the refusal, which is counted and logged.
   * @param further a second policy, whose refusal is neither counted nor logged
   */
  async authorise(
    request: CredentialRequest,
    policy: Policy,
    further?: Policy,
  ): Promise<Principal | Refusal> {
    const verdict = await this.#judge(request, policy);
    if (!(verdict instanceof Refusal)) return (further && refusal(verdict, further)) ?? verdict;
    this.refusals.tell('auth', verdict, request);
    return verdict;
  }

  /**
   * `authorise` for a handshake, which also gets a place until its connection closes. The cheap checks come first: at
   * capacity no token is verified, unless it may be an operator's.
   */
  async enter(
    request: CredentialRequest,
    policy: Policy,
    connection: AdmittedConnection,
  ): Promise<Principal | Refusal> {
    const foreign = this.#foreign(request);
    if (foreign !== undefined) return this.#refuse(foreign, request);
    const place = this.#place(request, false);
    if (place instanceof Refusal && !this.#mayBeOperator(request)) return this.#refuse(place, request);
    const giveBack = (): void => {
      if (!(place instanceof Refusal)) place.release();
    };
    const principal = await this.authorise(request, policy).catch((error: unknown) => {
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

  /**
   * The principal of a connection that was let in by `visitor`, and may show a token only now. That of its handshake,
   * where it had one, counts. A refusal is counted and logged.
   * @param token undefined: it shows none
   */
  async authoriseLate(
    visitor: Principal,
    token: string | undefined,
    policy: Policy,
    request: CredentialRequest,
  ): Promise<Principal | Refusal> {
    const isLate = token !== undefined && visitor.anonymous && !visitor.authOff;
    const verdict = underPolicy(isLate ? await this.#bearer(token, visitor) : visitor, policy);
    if (verdict instanceof Refusal) this.refusals.tell('auth', verdict, request, visitor.address);
    return verdict;
  }

  /** A place, until the connection closes, for a request that was authorised; or why there is none. */
  admit(
    request: CredentialRequest,
    principal: Principal,
    connection: AdmittedConnection,
  ): Refusal | undefined {
    const place = this.#place(request, principal.isOperator);
    if (place instanceof Refusal) return this.#refuse(place, request);
    this.#hold(connection, place);
    return undefined;
  }

  /** Whether clients without a token are refused. */
  demandsToken(policy: Policy): boolean {
    return this.#verifier !== undefined && policy.tokenless !== true;
  }

  /** The principal of a request. A token that is offered must be valid even where none is needed. */
  async identify(request: CredentialRequest): Promise<Principal | Refusal> {
    const offered = this.#verifier === undefined ? undefined : findToken(request);
    if (offered === undefined) return this.#strangerOf(request);
    const principal = await this.verify(offered.token, request);
    if (principal instanceof Refusal || offered.place !== 'cookie') return principal;
    // Browsers attach cookies whichever page asks.
    return this.origins.mayUseCookie(request) ? principal : notForThisPage;
  }

  /** The principal of a token, which came with the request or later in a message of its connection. */
  verify(token: string, request: CredentialRequest): Promise<Principal | Refusal> {
    return this.#bearer(token, this.#strangerOf(request));
  }

  async #bearer(token: string, stranger: Principal): Promise<Principal | Refusal> {
    if (this.#verifier === undefined) return noAuth;
    const claims = await this.#verifier.verify(token);
    if (claims instanceof Refusal) return claims;
    const { role = this.#defaultRole, subject, expiresAt } = claims;
    if (role !== undefined && !isRole(role)) return unknownRole;
    return bearerOf(stranger, { role, subject, expiresAt });
  }

  async #judge(request: CredentialRequest, policy: Policy): Promise<Principal | Refusal> {
    return underPolicy(await this.identify(request), policy);
  }

  /** The connection may have closed during verification, and emits `close` only once. */
  #hold(connection: AdmittedConnection, place: HeldPlace): void {
    if (connection.destroyed) {
      place.release();
      return;
    }
    this.#held.set(connection, place);
    connection.on('close', this.#onClose);
  }

  #place(request: CredentialRequest, isOperator: boolean): HeldPlace | Refusal {
    const { group, address, isForwardedUnread } = this.visitors.of(request);
    const isExempt = this.#sparesLoopback && isLoopback(address);
    const given = this.#limits.admit({ group, isExempt, isOperator });
    if (typeof given !== 'string') return given;
    if (given === 'operators' && this.#dismissViewer()) return this.#limits.displace();
    if (given !== 'per_ip') return atCapacity;
    // Names the setting that is more likely to be wrong.
    return isForwardedUnread ? tooManyOfProxy : tooManyOfAddress;
  }

  #foreign(request: CredentialRequest): Refusal | undefined {
    const { origins } = this;
    if (!origins.allowsHost(request)) return origins.hostRefusal(request);
    return origins.mayRead(request) ? undefined : origins.originRefusal(request);
  }

  #mayBeOperator(request: CredentialRequest): boolean {
    if (this.#verifier === undefined || findToken(request) === undefined) return false;
    return this.#verifications.take(this.#clock.monotonic());
  }

  #refuse(refusal: Refusal, request: CredentialRequest): Refusal {
    this.refusals.tell('upgrade', refusal, request);
    return refusal;
  }

  #strangerOf(request: CredentialRequest): Principal {
    const { origins, visitors } = this;
    return strangerOf(request, { authOff: this.#verifier === undefined, origins, visitors });
  }
}

function underPolicy(principal: Principal | Refusal, policy: Policy): Principal | Refusal {
  if (principal instanceof Refusal) return principal;
  return refusal(principal, policy) ?? { ...principal, role: principal.role ?? policy.defaultRole };
}

const atCapacity = new Refusal('AT_CAPACITY', { detail: 'see MAX_CONNECTIONS', retryAfterS: 5 });
const tooManyOfProxy = new Refusal('TOO_MANY_CONNECTIONS', {
  detail: 'the clients of a proxy count as one, see TRUST_PROXY',
});
const tooManyOfAddress = new Refusal('TOO_MANY_CONNECTIONS', { detail: 'see MAX_CONNECTIONS_PER_IP' });
const notForThisPage = new Refusal('ORIGIN_REFUSED', {
  detail: 'this page may not use the cookie, see ALLOWED_ORIGINS',
});
const unknownRole = new Refusal('FORBIDDEN_ROLE', { detail: 'the "role" claim names no role known here' });
const noAuth = new Refusal('UNAUTHENTICATED', { detail: 'no auth is configured', challenge: 'Bearer' });

import type { Clock } from '../core/clock.ts';
import { Refusal } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import { Admission, type AdmissionOptions, type Connection } from './admission.ts';
import { type CredentialRequest, findToken } from './credentials.ts';
import { createOrigins, type OriginOptions, type Origins } from './origins.ts';
import { Policies, type PolicyOptions } from './policies.ts';
import { type Policy, refusal } from './policy.ts';
import { bearerOf, type Principal, strangerOf } from './principal.ts';
import { Refusals } from './refusals.ts';
import { isRole, type Role } from './role.ts';
import type { Verifier } from './verifier.ts';
import { Visitors } from './visitors.ts';

export interface AccessOptions
  extends OriginOptions,
    PolicyOptions,
    Pick<AdmissionOptions, 'maxConnections' | 'maxConnectionsPerIp'> {
  /** `AUTH_DEFAULT_ROLE`: role of a token without a `role` claim. Undefined: each policy has its own. */
  readonly defaultRole: Role | undefined;
}

export interface AccessParts {
  /** Undefined: no auth is configured, and nobody's token is looked at. */
  readonly verifier: Verifier | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  /** Ends the connection of the viewer that is furthest behind. False: there is none. */
  readonly dismissViewer: () => boolean;
}

/** Seconds after which the keys of an issuer may be there again. */
const retryAfterS = 5;

/** Who asks, what it may do, and whether there is room for it; of handshakes and plain requests alike. */
export class Access {
  readonly origins: Origins;
  readonly visitors: Visitors;
  readonly refusals: Refusals;
  readonly policies: Policies;
  readonly #verifier: Verifier | undefined;
  readonly #defaultRole: Role | undefined;
  readonly #admission: Admission;

  constructor(options: AccessOptions, { verifier, dismissViewer, ...parts }: AccessParts) {
    this.origins = createOrigins(options);
    this.visitors = new Visitors(options.trustedProxies);
    this.refusals = new Refusals({ ...parts, visitors: this.visitors });
    this.policies = new Policies(options);
    this.#verifier = verifier;
    this.#defaultRole = options.defaultRole;
    const { origins, visitors, refusals } = this;
    this.#admission = new Admission(
      { ...options, authEnabled: verifier !== undefined },
      { ...parts, origins, visitors, refusals, dismissViewer },
    );
  }

  /**
   * Whether it is let in: as whom, or why not, which is counted and told to who reads the log.
   *
   * @param further what one thing takes besides; its refusal is the client's alone, neither counted nor logged
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

  /** The same of a handshake that is to become a connection, which has its place until it closes. */
  enter(request: CredentialRequest, policy: Policy, connection: Connection): Promise<Principal | Refusal> {
    return this.#admission.enter(request, () => this.authorise(request, policy), connection);
  }

  /** A place, until its connection closes, for one who was let in already; or why there is none. */
  admit(request: CredentialRequest, principal: Principal, connection: Connection): Refusal | undefined {
    return this.#admission.admit(request, principal, connection);
  }

  /** Whether nobody is let in without a token. */
  demandsToken(policy: Policy): boolean {
    return this.#verifier !== undefined && policy.tokenless !== true;
  }

  /** Who asks. An offered token must be good also where none is needed. */
  async identify(request: CredentialRequest): Promise<Principal | Refusal> {
    const offered = this.#verifier === undefined ? undefined : findToken(request);
    if (offered === undefined) return this.#strangerOf(request);
    const principal = await this.verify(offered.token, request);
    if (principal instanceof Refusal || offered.place !== 'cookie') return principal;
    // The browser adds a cookie whichever page asks.
    return this.origins.mayUseCookie(request) ? principal : notForThisPage;
  }

  /** Who has this token, which came with a request, or later in a message of its connection. */
  async verify(token: string, request: CredentialRequest): Promise<Principal | Refusal> {
    if (this.#verifier === undefined) return badToken('no auth is configured');
    const checked = await this.#verifier.verify(token);
    if (!checked.ok) {
      const { kind, detail } = checked;
      return kind === 'invalid'
        ? badToken(detail, 'invalid_token')
        : new Refusal('AUTH_UNAVAILABLE', { detail, retryAfterS });
    }
    const { role = this.#defaultRole, subject, expiresAt } = checked.claims;
    if (role !== undefined && !isRole(role)) return unknownRole;
    return bearerOf(this.#strangerOf(request), { role, subject, expiresAt });
  }

  async #judge(request: CredentialRequest, policy: Policy): Promise<Principal | Refusal> {
    const principal = await this.identify(request);
    if (principal instanceof Refusal) return principal;
    return refusal(principal, policy) ?? { ...principal, role: principal.role ?? policy.defaultRole };
  }

  #strangerOf(request: CredentialRequest): Principal {
    const { origins, visitors } = this;
    return strangerOf(request, { authOff: this.#verifier === undefined, origins, visitors });
  }
}

const notForThisPage = new Refusal('ORIGIN_REFUSED', {
  detail: 'this page may not use the cookie, see ALLOWED_ORIGINS',
});
const unknownRole = new Refusal('FORBIDDEN_ROLE', { detail: 'the "role" claim names no role known here' });

/** RFC 6750 §3.1: what is wrong with the token stands in the challenge. */
function badToken(detail: string, error?: 'invalid_token'): Refusal {
  const challenge = error === undefined ? 'Bearer' : `Bearer error="${error}"`;
  return new Refusal('UNAUTHENTICATED', { detail, challenge });
}

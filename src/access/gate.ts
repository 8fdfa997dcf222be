import type { ProblemCode } from '../core/errors.ts';
import { type CredentialRequest, findToken, type TokenPlace } from './credentials.ts';
import { isRole, type Role } from './role.ts';
import type { Verifier } from './verifier.ts';

export interface GateOptions {
  /** Absent: no auth is configured, and every request passes as nobody in particular. */
  readonly verifier?: Verifier | undefined;
  /** Names of the dialects that demand a token. */
  readonly demanding: ReadonlySet<string>;
  /** Role of a token without a `role` claim; undefined: each dialect has a default of its own. */
  readonly defaultRole?: Role | undefined;
}

/** Someone let in without a token. */
export interface AnonymousGrant {
  readonly ok: true;
  readonly authenticated: false;
  readonly role: undefined;
}

/** Someone let in by a token. */
export interface TokenGrant {
  readonly ok: true;
  readonly authenticated: true;
  /** Undefined: the token names none and no default is set. Worth no more than the dialect's own default. */
  readonly role: Role | undefined;
  readonly subject: string | undefined;
  /** Epoch milliseconds from which this grant is void. */
  readonly expiresAt: number;
  /** `cookie`: the page behind the request must be checked too, see `cookieOriginAllowed`. */
  readonly place: OfferPlace;
}

export type Grant = AnonymousGrant | TokenGrant;

/** `message`: in a message of a connection that is open already. */
export type OfferPlace = TokenPlace | 'message';

export type RefusalCode = Extract<ProblemCode, 'UNAUTHENTICATED' | 'FORBIDDEN_ROLE' | 'AUTH_UNAVAILABLE'>;

export interface AuthRefusal {
  readonly ok: false;
  readonly code: RefusalCode;
  /** Says what was wrong; safe to log and to send: nothing in it comes from the token. */
  readonly detail: string;
  /** Value of the `WWW-Authenticate` header (RFC 6750), with every 401. */
  readonly challenge?: string;
  /** Value of the `Retry-After` header in seconds, with every 503. */
  readonly retryAfterS?: number;
}

/** Decides who a request is from, before anything is done for it. */
export interface Gate {
  /** Whether auth is configured at all: without it other settings decide what anybody may do. */
  readonly enabled: boolean;
  /** The verdict on a request to a dialect. An offered token is verified also where none is demanded. */
  authenticate(dialect: string, request: CredentialRequest): Promise<Grant | AuthRefusal>;
  /** The verdict on one token, for connections that bring a new one. Without auth configured: refused. */
  check(token: string, place: OfferPlace): Promise<TokenGrant | AuthRefusal>;
}

const anonymous: AnonymousGrant = { ok: true, authenticated: false, role: undefined };
const retryAfterS = 5;

export function createGate({ verifier, demanding, defaultRole }: GateOptions): Gate {
  const check: Gate['check'] = async (token, place) => {
    if (verifier === undefined) return unauthenticated('no auth is configured');
    const checked = await verifier.verify(token);
    if (!checked.ok) {
      return checked.kind === 'invalid'
        ? unauthenticated(checked.detail, 'invalid_token')
        : { ok: false, code: 'AUTH_UNAVAILABLE', detail: checked.detail, retryAfterS };
    }
    const { role = defaultRole, subject, expiresAt } = checked.claims;
    if (role !== undefined && !isRole(role)) {
      return { ok: false, code: 'FORBIDDEN_ROLE', detail: 'the "role" claim names no role known here' };
    }
    return { ok: true, authenticated: true, role, subject, expiresAt, place };
  };

  return {
    enabled: verifier !== undefined,
    check,
    async authenticate(dialect, request) {
      if (verifier === undefined) return anonymous;
      const offered = findToken(request);
      if (offered !== undefined) return await check(offered.token, offered.place);
      return demanding.has(dialect) ? unauthenticated('no token was offered') : anonymous;
    },
  };
}

/** RFC 6750 3: a request without any token is told the scheme and no error. */
function unauthenticated(detail: string, error?: 'invalid_token'): AuthRefusal {
  const challenge = error === undefined ? 'Bearer' : `Bearer error="${error}"`;
  return { ok: false, code: 'UNAUTHENTICATED', detail, challenge };
}

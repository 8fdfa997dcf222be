import { errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import { type Clock, systemClock } from '../core/clock.ts';
import { Refusal } from '../core/errors.ts';
import { type KeySetTiming, KeySetUnavailable } from './key-set.ts';
import { type KeySettings, type VerificationKey, verificationKey } from './verification-key.ts';

export interface VerifierOptions extends KeySettings {
  /** `iss` that a token must have; unset: any. */
  readonly issuer?: string | undefined;
  /** One of the `aud` that a token must have; unset: any. */
  readonly audience?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly keySetTiming?: Partial<KeySetTiming> | undefined;
}

/** Claims of a valid token. */
export interface Claims {
  /** `sub`. */
  readonly subject: string | undefined;
  /** The `role` claim, not checked; undefined where there is none. */
  readonly role?: unknown;
  /** Epoch milliseconds at which the token expires. */
  readonly expiresAt: number;
}

/** Tolerance for `nbf`, as the issuer's clock may be ahead. Not for `exp`, by which live sockets end. */
const clockToleranceS = 5;
/** `Retry-After` while the keys of the issuer cannot be fetched. */
const retryAfterS = 5;
/** The last time a `Date` can hold. */
const endOfTime = 8.64e15;

/**
 * Verifies JSON Web Tokens (RFC 7519) with one kind of key. The key decides which algorithms there are; what the
 * token says about that can only pick among them (RFC 8725 3.1). A token without `exp` is refused: stolen, it
 * would be good for ever.
 */
export class Verifier {
  readonly #key: VerificationKey;
  readonly #clock: Clock;
  readonly #expected: JWTVerifyOptions;

  /** @throws Error naming the setting at fault */
  constructor(options: VerifierOptions) {
    const { issuer, audience, clock = systemClock } = options;
    this.#clock = clock;
    this.#key = verificationKey(options, clock, options.keySetTiming);
    this.#expected = {
      algorithms: [...this.#key.algorithms],
      requiredClaims: ['exp'],
      clockTolerance: clockToleranceS,
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
    };
  }

  /** The claims of a valid token; a refusal holds nothing of it. */
  async verify(token: string): Promise<Claims | Refusal> {
    try {
      const at = this.#clock.now();
      const options = { ...this.#expected, currentDate: new Date(at) };
      return readClaims(await verifyWithAny(token, this.#key.resolve, options), at);
    } catch (error) {
      return error instanceof KeySetUnavailable
        ? new Refusal('AUTH_UNAVAILABLE', { detail: error.message, retryAfterS })
        : invalidToken(tokenFault(error, this.#key.algorithms));
    }
  }
}

/** A key set may hold several keys that fit a token without `kid`; then each is tried. */
async function verifyWithAny(
  token: string,
  resolve: JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, resolve, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const candidate of error) {
      try {
        return (await jwtVerify(token, candidate, options)).payload;
      } catch (mismatch) {
        if (!(mismatch instanceof errors.JWSSignatureVerificationFailed)) throw mismatch;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

function readClaims({ sub, exp = 0, role }: JWTPayload, now: number): Claims | Refusal {
  if (sub !== undefined && typeof sub !== 'string') return invalidToken('the "sub" claim is no text');
  const expiresAt = Math.min(exp * 1000, endOfTime);
  if (expiresAt <= now) return invalidToken('the token has expired');
  return { subject: sub, expiresAt, role };
}

/** RFC 6750 §3.1: the challenge says that the token is invalid. */
function invalidToken(detail: string): Refusal {
  return new Refusal('UNAUTHENTICATED', { detail, challenge: 'Bearer error="invalid_token"' });
}

const claimFaults: Readonly<Record<string, string>> = {
  aud: 'the token is not meant for this audience',
  iss: 'the token is not from this issuer',
  nbf: 'the token is not valid yet',
  exp: 'the token has no usable "exp" claim',
};

/** Why a token is invalid, in words of our own: the library's messages may quote claims, which must not be logged. */
function tokenFault(error: unknown, allowed: readonly string[]): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    return claimFaults[error.claim] ?? 'a claim of the token is not as expected';
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return `the token is not signed with an algorithm allowed here: ${allowed.join(', ')}`;
  }
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return 'the signature of the token is not right';
  if (error instanceof errors.JWKSNoMatchingKey) return 'no key of the issuer fits the token';
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return 'not a JSON Web Token';
  return 'the token cannot be verified with the key configured here';
}

import { errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import { type Clock, systemClock } from '../core/clock.ts';
import { type KeySetTiming, KeySetUnavailable } from './key-set.ts';
import { tokenFault } from './token-fault.ts';
import { createVerificationKey, type KeySettings } from './verification-key.ts';

export interface VerifierOptions extends KeySettings {
  /** `iss` that a token must have; unset: any. */
  readonly issuer?: string | undefined;
  /** One of the `aud` that a token must have; unset: any. */
  readonly audience?: string | undefined;
  readonly clock?: Clock;
  readonly keySetTiming?: Partial<KeySetTiming>;
}

/** What a good token says. */
export interface Claims {
  /** `sub`. */
  readonly subject: string | undefined;
  /** The `role` claim as it stands, whatever it is; undefined where there is none. */
  readonly role?: unknown;
  /** Epoch milliseconds from which the token is no longer good. */
  readonly expiresAt: number;
}

export type Verification =
  | { readonly ok: true; readonly claims: Claims }
  | {
      readonly ok: false;
      /** `unavailable`: nothing is known about the token, since the keys cannot be fetched. */
      readonly kind: 'invalid' | 'unavailable';
      /** Says what was wrong, in words that hold nothing of the token. */
      readonly detail: string;
    };

export interface Verifier {
  verify(token: string): Promise<Verification>;
}

/** An issuer's clock may be ahead of ours: `nbf` is forgiven this much. `exp` is not: live sockets end by it. */
const clockToleranceS = 5;
/** The last moment a `Date` can hold. */
const endOfTime = 8.64e15;

/**
 * Verifies JSON Web Tokens (RFC 7519) with one kind of key. The key decides which algorithms there are; what the
 * token says about that can only pick among them (RFC 8725 3.1). A token without `exp` is refused: stolen, it
 * would be good for ever.
 *
 * @throws Error naming the setting at fault
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const { issuer, audience, clock = systemClock } = options;
  const key = createVerificationKey(options, clock, options.keySetTiming);
  const expected: JWTVerifyOptions = {
    algorithms: [...key.algorithms],
    requiredClaims: ['exp'],
    clockTolerance: clockToleranceS,
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  };
  return {
    async verify(token) {
      try {
        const at = clock.now();
        const payload = await verifyWithAny(token, key.resolve, { ...expected, currentDate: new Date(at) });
        return readClaims(payload, at);
      } catch (error) {
        if (error instanceof KeySetUnavailable) return failure('unavailable', error.message);
        return failure('invalid', tokenFault(error, key.algorithms));
      }
    },
  };
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

function readClaims({ sub, exp = 0, role }: JWTPayload, now: number): Verification {
  if (sub !== undefined && typeof sub !== 'string') return failure('invalid', 'the "sub" claim is no text');
  const expiresAt = Math.min(exp * 1000, endOfTime);
  if (expiresAt <= now) return failure('invalid', 'the token has expired');
  return { ok: true, claims: { subject: sub, expiresAt, ...(role === undefined ? {} : { role }) } };
}

function failure(kind: 'invalid' | 'unavailable', detail: string): Verification {
  return { ok: false, kind, detail };
}

import { errors } from 'jose';

const claimFaults: Readonly<Record<string, string>> = {
  aud: 'the token is not meant for this audience',
  iss: 'the token is not from this issuer',
  nbf: 'the token is not valid yet',
  exp: 'the token has no usable "exp" claim',
};

/**
 * What was wrong with a token, in words of our own: those of the library may hold claims, and whatever comes
 * from a token could be part of a secret or made to be read in a log.
 */
export function tokenFault(error: unknown, allowed: readonly string[]): string {
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

import {
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { Refusal } from '../../src/core/errors.ts';

/** Long enough for any HMAC. */
export const testSecret = 'a secret for tests only, of sixty-four bytes at the very least ..';
export const testIssuer = 'https://issuer.example';
export const testAudience = 'telemetry-bff';

/** What a token says unless told otherwise: good for an hour of the given clock. */
export function testClaims(overrides: JWTPayload = {}, nowMs = Date.now()): JWTPayload {
  const now = Math.floor(nowMs / 1000);
  return { sub: 'alice', iss: testIssuer, aud: testAudience, iat: now, exp: now + 3600, ...overrides };
}

/** Signed with an HMAC. */
export function secretToken(claims: JWTPayload, secret = testSecret, alg = 'HS256'): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
}

/** `alg: none`: says it needs no signature, and has none. */
export function unsignedToken(claims: JWTPayload): string {
  return new UnsecuredJWT(claims).encode();
}

/** A key pair of an issuer. */
export interface Signer {
  /** The public half, as `AUTH_PUBLIC_KEY` takes it. */
  readonly publicPem: string;
  /** The public half, as a key set lists it. */
  readonly publicJwk: JWK;
  /** @param header added to the protected header; `kid: undefined` leaves the key's name out */
  sign(claims: JWTPayload, header?: Readonly<Record<string, unknown>>): Promise<string>;
}

export async function createSigner(alg = 'ES256', kid?: string): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const name = kid === undefined ? {} : { kid };
  return {
    publicPem: await exportSPKI(publicKey),
    publicJwk: { ...(await exportJWK(publicKey)), ...name, alg, use: 'sig' },
    sign: (claims, header) =>
      new SignJWT(claims).setProtectedHeader({ alg, ...name, ...header }).sign(privateKey),
  };
}

/** What becomes of a token that is not valid. */
export function invalidToken(detail: string): Refusal {
  return new Refusal('UNAUTHENTICATED', { detail, challenge: 'Bearer error="invalid_token"' });
}

import type { JWTVerifyGetKey } from 'jose';
import type { Clock } from '../core/clock.ts';
import { createKeySet, type KeySetTiming } from './key-set.ts';
import { readPublicKey, signatureAlgorithms } from './public-key.ts';

/** Exactly one of the three. */
export interface KeySettings {
  /** `AUTH_JWT_SECRET`: at least 32 bytes of UTF-8, used as they are. */
  readonly secret?: string | undefined;
  /** `AUTH_PUBLIC_KEY`: a public key or certificate in PEM. */
  readonly publicKey?: string | undefined;
  /** `AUTH_JWKS_URL`: where the issuer publishes its keys (RFC 7517). */
  readonly jwksUrl?: string | undefined;
}

export interface VerificationKey {
  /** Never those of another kind of key: a public key taken for a secret would let anybody sign. */
  readonly algorithms: readonly string[];
  readonly resolve: JWTVerifyGetKey;
}

/** RFC 7518 3.2: a key for HS256 has at least the size of its hash. */
const minSecretBytes = 32;
const secretAlgorithms = ['HS256', 'HS384', 'HS512'] as const;

/** @throws Error naming the setting at fault */
export function createVerificationKey(
  { secret, publicKey, jwksUrl }: KeySettings,
  clock: Clock,
  timing?: Partial<KeySetTiming>,
): VerificationKey {
  if ([secret, publicKey, jwksUrl].filter((setting) => setting !== undefined).length !== 1) {
    throw new Error('set exactly one of AUTH_JWT_SECRET, AUTH_PUBLIC_KEY and AUTH_JWKS_URL');
  }
  if (secret !== undefined) return secretKey(secret);
  if (publicKey !== undefined) {
    const { key, algorithms } = readPublicKey(publicKey);
    return { algorithms, resolve: async () => key };
  }
  return { algorithms: signatureAlgorithms, resolve: createKeySet(keySetUrl(jwksUrl ?? ''), clock, timing) };
}

function secretKey(secret: string): VerificationKey {
  // Public by nature: whoever has it could sign tokens with it.
  if (secret.includes('-----BEGIN')) {
    throw new Error('AUTH_JWT_SECRET holds a key in PEM: a public key belongs in AUTH_PUBLIC_KEY');
  }
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length < minSecretBytes) {
    throw new Error(
      `AUTH_JWT_SECRET has ${bytes.length} bytes: expected at least ${minSecretBytes}, such as from "openssl rand -base64 48"`,
    );
  }
  return { algorithms: secretAlgorithms, resolve: async () => bytes };
}

function keySetUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new Error('AUTH_JWKS_URL is not a URL such as https://issuer.example/.well-known/jwks.json');
  }
  if (url.username !== '' || url.password !== '') {
    throw new Error('AUTH_JWKS_URL holds a user name or password: a key set is public');
  }
  return url;
}

import { createPublicKey, type KeyObject } from 'node:crypto';
import type { JWTVerifyGetKey } from 'jose';
import type { Clock } from '../core/clock.ts';
import { KeySet, type KeySetTiming } from './key-set.ts';

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

const rsaAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const;
const curveAlgorithms: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};
/** RFC 9864 calls `EdDSA` by its curve; issuers use either name. */
const edwardsAlgorithms = ['EdDSA', 'Ed25519'] as const;

/** Everything a key pair may sign with here. No HMAC, no `none`. */
const signatureAlgorithms: readonly string[] = [
  ...rsaAlgorithms,
  ...Object.values(curveAlgorithms),
  ...edwardsAlgorithms,
];

/** RFC 7518 3.3. */
const minRsaBits = 2048;
const expected = 'expected PEM text: -----BEGIN PUBLIC KEY----- or -----BEGIN CERTIFICATE-----';
const pem = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----/;

/** @throws Error naming the setting at fault */
export function verificationKey(
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
  const keys = new KeySet(keySetUrl(jwksUrl ?? ''), clock, timing);
  return { algorithms: signatureAlgorithms, resolve: (header, token) => keys.find(header, token) };
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

interface PublicKey {
  readonly key: KeyObject;
  /** What a token signed with its private half may name as `alg`. */
  readonly algorithms: readonly string[];
}

/**
 * Reads `AUTH_PUBLIC_KEY`: SPKI, PKCS#1 or an X.509 certificate, of which only the key counts (not its dates).
 * Env files know no line ends, so `\n` in two characters and spaces are taken for them.
 *
 * @throws Error naming AUTH_PUBLIC_KEY, with nothing of its value
 */
export function readPublicKey(text: string): PublicKey {
  const [, label = '', body = ''] = pem.exec(text.replaceAll(/\\r|\\n/g, '\n')) ?? [];
  if (label.endsWith('PRIVATE KEY')) {
    throw new Error('AUTH_PUBLIC_KEY holds a private key, which belongs to the issuer alone');
  }
  if (label === '') throw new Error(`AUTH_PUBLIC_KEY is not a key: ${expected}`);
  const lines = body.replaceAll(/\s/g, '').match(/.{1,64}/g) ?? [];
  const key = parse([`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n'));
  return { key, algorithms: algorithmsFor(key) };
}

function parse(text: string): KeyObject {
  try {
    return createPublicKey({ key: text, format: 'pem' });
  } catch {
    throw new Error(`AUTH_PUBLIC_KEY cannot be read: ${expected}`);
  }
}

function algorithmsFor(key: KeyObject): readonly string[] {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
      if (modulusLength >= minRsaBits) return rsaAlgorithms;
      throw new Error(
        `AUTH_PUBLIC_KEY is an RSA key of ${modulusLength} bits: expected ${minRsaBits} or more`,
      );
    case 'ec': {
      const algorithm = curveAlgorithms[namedCurve];
      if (algorithm !== undefined) return [algorithm];
      break;
    }
    case 'ed25519':
      return edwardsAlgorithms;
  }
  throw new Error(
    'AUTH_PUBLIC_KEY is of a kind that signs no tokens here: expected RSA, P-256, P-384, P-521 or Ed25519',
  );
}

import { createPublicKey, type KeyObject } from 'node:crypto';

const rsaAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const;
const curveAlgorithms: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};
/** RFC 9864 calls `EdDSA` by its curve; issuers use either name. */
const edwardsAlgorithms = ['EdDSA', 'Ed25519'] as const;

/** Everything a key pair may sign with here. No HMAC, no `none`. */
export const signatureAlgorithms: readonly string[] = [
  ...rsaAlgorithms,
  ...Object.values(curveAlgorithms),
  ...edwardsAlgorithms,
];

/** RFC 7518 3.3. */
const minRsaBits = 2048;
const expected = 'expected PEM text: -----BEGIN PUBLIC KEY----- or -----BEGIN CERTIFICATE-----';
const pem = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----/;

export interface PublicKey {
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

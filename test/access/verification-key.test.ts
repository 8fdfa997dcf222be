import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createVerifier } from '../../src/access/verifier.ts';
import { createSigner, testSecret } from '../support/tokens.ts';

const pem = (await createSigner()).publicPem;
const privatePem = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

describe('VerificationKey', () => {
  it.each([
    ['nothing', {}],
    ['a secret and a public key', { secret: testSecret, publicKey: pem }],
    ['a secret and a key set', { secret: testSecret, jwksUrl: 'https://issuer.example/jwks' }],
  ])('is one of three settings, not %s', (_, settings) => {
    expect(() => createVerifier(settings)).toThrow(
      'set exactly one of AUTH_JWT_SECRET, AUTH_PUBLIC_KEY and AUTH_JWKS_URL',
    );
  });

  it('refuses a short secret, counting its bytes', () => {
    expect(() => createVerifier({ secret: 'a'.repeat(31) })).toThrow(/^AUTH_JWT_SECRET has 31 bytes: .* 32,/);
    expect(() => createVerifier({ secret: '' })).toThrow(/^AUTH_JWT_SECRET has 0 bytes/);
    expect(() => createVerifier({ secret: 'é'.repeat(16) })).not.toThrow();
  });

  it('refuses a public key in the place of the secret: anybody could sign with it', () => {
    expect(() => createVerifier({ secret: pem })).toThrow(/^AUTH_JWT_SECRET holds a key in PEM/);
  });

  it.each(['issuer.example/jwks', 'file:///etc/keys.json', 'ftp://issuer.example', ''])(
    'refuses %j as the address of a key set',
    (jwksUrl) => {
      expect(() => createVerifier({ jwksUrl })).toThrow(/^AUTH_JWKS_URL is not a URL such as/);
    },
  );

  it('refuses a password in the address of a key set, without repeating it', () => {
    const create = () => createVerifier({ jwksUrl: 'https://user:hunter2@issuer.example/jwks' });
    expect(create).toThrow(/^AUTH_JWKS_URL holds a user name or password/);
    expect(create).not.toThrow(/hunter2/);
  });

  it.each([
    ['a path', '/run/secrets/key.pem', 'is not a key'],
    ['nothing', '', 'is not a key'],
    ['half a key', pem.slice(0, 80), 'is not a key'],
    ['a private key', privatePem, 'holds a private key'],
    ['a broken key', pem.replace(/[A-Za-z0-9]{20}/, ''), 'cannot be read'],
  ])('refuses %s for a public key', (_, publicKey, fault) => {
    expect(() => createVerifier({ publicKey })).toThrow(`AUTH_PUBLIC_KEY ${fault}`);
  });

  it.each([
    ['an RSA key of 1024 bits', generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey],
    ['a key for key agreement', generateKeyPairSync('x25519').publicKey],
    ['a curve without an algorithm', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey],
  ])('refuses %s', (_, key) => {
    const publicKey = key.export({ type: 'spki', format: 'pem' }).toString();
    expect(() => createVerifier({ publicKey })).toThrow(/^AUTH_PUBLIC_KEY is (an RSA key of 1024|of a kind)/);
  });
});

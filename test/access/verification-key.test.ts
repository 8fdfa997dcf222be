import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readPublicKey } from '../../src/access/verification-key.ts';
import { Verifier } from '../../src/access/verifier.ts';
import { createManualClock } from '../support/manual-clock.ts';
import {
  createSigner,
  invalidToken,
  secretToken,
  testClaims,
  testSecret,
  unsignedToken,
} from '../support/tokens.ts';

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
    expect(() => new Verifier(settings)).toThrow(
      'set exactly one of AUTH_JWT_SECRET, AUTH_PUBLIC_KEY and AUTH_JWKS_URL',
    );
  });

  it('refuses a short secret, counting its bytes', () => {
    expect(() => new Verifier({ secret: 'a'.repeat(31) })).toThrow(/^AUTH_JWT_SECRET has 31 bytes: .* 32,/);
    expect(() => new Verifier({ secret: '' })).toThrow(/^AUTH_JWT_SECRET has 0 bytes/);
    expect(() => new Verifier({ secret: 'é'.repeat(16) })).not.toThrow();
  });

  it('refuses a public key in the place of the secret: anybody could sign with it', () => {
    expect(() => new Verifier({ secret: pem })).toThrow(/^AUTH_JWT_SECRET holds a key in PEM/);
  });

  it.each(['issuer.example/jwks', 'file:///etc/keys.json', 'ftp://issuer.example', ''])(
    'refuses %j as the address of a key set',
    (jwksUrl) => {
      expect(() => new Verifier({ jwksUrl })).toThrow(/^AUTH_JWKS_URL is not a URL such as/);
    },
  );

  it('refuses a password in the address of a key set, without repeating it', () => {
    const create = () => new Verifier({ jwksUrl: 'https://user:hunter2@issuer.example/jwks' });
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
    expect(() => new Verifier({ publicKey })).toThrow(`AUTH_PUBLIC_KEY ${fault}`);
  });

  it.each([
    ['an RSA key of 1024 bits', generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey],
    ['a key for key agreement', generateKeyPairSync('x25519').publicKey],
    ['a curve without an algorithm', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey],
  ])('refuses %s', (_, key) => {
    const publicKey = key.export({ type: 'spki', format: 'pem' }).toString();
    expect(() => new Verifier({ publicKey })).toThrow(/^AUTH_PUBLIC_KEY is (an RSA key of 1024|of a kind)/);
  });
});

const rsa = await createSigner('RS256');
const curve = await createSigner('ES256');
const badSignature = 'the signature of the token is not right';

/** A certificate, and a token that its key signed, good for the first hour of 2026. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBijCCAS+gAwIBAgIUf5NWEpp5J+T3hr58vN4KhzGO248wCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOaXNzdWVyLmV4YW1wbGUwIBcNMjYxMTIxMDQ0NDI4WhgPMjEy
NjEwMjgwNDQ0MjhaMBkxFzAVBgNVBAMMDmlzc3Vlci5leGFtcGxlMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEl6n+24yuNyNHMRHEKdm4mQlQakPysHrPMVt0aXJS
7zeB5D1/S4Kq+z2HVP53qB17BDM8/y9EsA4+kW50fJInv6NTMFEwHQYDVR0OBBYE
FKoqVlxqONZJiML2ddV8LXm641kxMB8GA1UdIwQYMBaAFKoqVlxqONZJiML2ddV8
LXm641kxMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAMTBWNhp
sfg/G3fHEBT/iNiqvnw2crTIin4ptvWFworAAiEA6+ax2zAs3KeeNn+6gKB7+ErC
awOxOdlTwDVHUuY7Qqw=
-----END CERTIFICATE-----`;
const certifiedToken =
  'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MTc2NzIyOTIwMH0.EsJ4uL82hv7wewXeTVCn_F2BlOAMZpjtegP3kXRclilFHWyRjDuLX_2wbmtlleXz_FODExj71a8psuZh2Stoaw';

describe('Public key', () => {
  it.each(['RS256', 'PS384', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'])('verifies %s', async (alg) => {
    const signer = await createSigner(alg);
    const verifier = new Verifier({ publicKey: signer.publicPem });
    expect(await verifier.verify(await signer.sign(testClaims()))).toMatchObject({ subject: 'alice' });
  });

  it.each([
    ['as it is', (pem: string) => pem],
    ['with line ends written out', (pem: string) => pem.replaceAll('\n', '\\n')],
    ['with line ends of Windows', (pem: string) => pem.replaceAll('\n', '\r\n')],
    ['on one line', (pem: string) => pem.replaceAll('\n', ' ')],
    ['with text around it', (pem: string) => `the key:\n${pem}\nand more`],
  ])('is read %s', async (_, write) => {
    const verifier = new Verifier({ publicKey: write(rsa.publicPem) });
    expect(await verifier.verify(await rsa.sign(testClaims()))).toMatchObject({ subject: 'alice' });
  });

  it('is read from a PKCS#1 block', async () => {
    const pkcs1 = createPublicKey(rsa.publicPem).export({ type: 'pkcs1', format: 'pem' }).toString();
    const verifier = new Verifier({ publicKey: pkcs1 });
    expect(await verifier.verify(await rsa.sign(testClaims()))).toMatchObject({ subject: 'alice' });
  });

  it('is read from a certificate', async () => {
    const verifier = new Verifier({ publicKey: certificate, clock: createManualClock() });
    expect(await verifier.verify(certifiedToken)).toMatchObject({ subject: 'alice' });
  });

  it('allows the algorithms of its own kind and no others', async () => {
    expect(readPublicKey(curve.publicPem).algorithms).toEqual(['ES256']);
    expect(readPublicKey(rsa.publicPem).algorithms).toEqual([
      'RS256',
      'RS384',
      'RS512',
      'PS256',
      'PS384',
      'PS512',
    ]);
    const verifier = new Verifier({ publicKey: curve.publicPem });
    expect(await verifier.verify(await rsa.sign(testClaims()))).toEqual(
      invalidToken('the token is not signed with an algorithm allowed here: ES256'),
    );
  });

  it('is never taken for the secret of an HMAC', async () => {
    const verifier = new Verifier({ publicKey: rsa.publicPem });
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      for (const secret of [rsa.publicPem, rsa.publicPem.trim()]) {
        const forged = await secretToken(testClaims({ role: 'operator' }), secret, alg);
        expect(await verifier.verify(forged)).toMatchObject({
          code: 'UNAUTHENTICATED',
          detail: expect.stringContaining('algorithm allowed here'),
        });
      }
    }
  });

  it('refuses tokens without a signature and those of another key', async () => {
    const verifier = new Verifier({ publicKey: curve.publicPem });
    const other = await createSigner('ES256');
    expect(await verifier.verify(unsignedToken(testClaims()))).toMatchObject({ code: 'UNAUTHENTICATED' });
    for (const header of [{}, { jwk: other.publicJwk }]) {
      expect(await verifier.verify(await other.sign(testClaims(), header))).toEqual(
        invalidToken(badSignature),
      );
    }
  });
});

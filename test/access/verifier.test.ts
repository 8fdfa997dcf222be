import { CompactSign } from 'jose';
import { describe, expect, it } from 'vitest';
import { Verifier } from '../../src/access/verifier.ts';
import { createManualClock } from '../support/manual-clock.ts';
import {
  createSigner,
  invalidToken,
  secretToken,
  testAudience,
  testClaims,
  testIssuer,
  testSecret,
  unsignedToken,
} from '../support/tokens.ts';

const options = { secret: testSecret, issuer: testIssuer, audience: testAudience };
const clock = createManualClock();
const now = clock.now() / 1000;
const verifier = new Verifier({ ...options, clock });
const claims = (overrides = {}) => testClaims(overrides, clock.now());
const wrongAlgorithm = 'the token is not signed with an algorithm allowed here: HS256, HS384, HS512';

/** Well signed, whatever the body. */
const rawToken = (body: string): Promise<string> =>
  new CompactSign(new TextEncoder().encode(body))
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(testSecret));

describe('Verifier', () => {
  it.each(['HS256', 'HS384', 'HS512'])('accepts a token signed %s with the secret', async (alg) => {
    expect(await verifier.verify(await secretToken(claims({ role: 'operator' }), testSecret, alg))).toEqual({
      subject: 'alice',
      role: 'operator',
      expiresAt: (now + 3600) * 1000,
    });
  });

  it('asks for no more than an expiry where no issuer and audience are configured', async () => {
    const anyIssuer = new Verifier({ secret: testSecret, clock });
    expect(await anyIssuer.verify(await secretToken({ exp: now + 1 }))).toEqual({
      subject: undefined,
      expiresAt: (now + 1) * 1000,
    });
  });

  it('hands on the role claim as it stands', async () => {
    const token = await secretToken(claims({ role: ['operator'] }));
    expect(await verifier.verify(token)).toMatchObject({ role: ['operator'] });
  });

  it('accepts an audience that is one of several', async () => {
    const token = await secretToken(claims({ aud: ['other', testAudience] }));
    expect(await verifier.verify(token)).toMatchObject({ subject: 'alice' });
  });

  it('keeps an expiry within what a date can hold', async () => {
    const token = await secretToken(claims({ exp: 1e300 }));
    expect(await verifier.verify(token)).toMatchObject({ expiresAt: 8.64e15 });
  });

  it.each([
    ['expired an hour ago', { exp: now - 3600 }, 'the token has expired'],
    ['expires this very second', { exp: now }, 'the token has expired'],
    ['has no expiry', { exp: undefined }, 'the token has no usable "exp" claim'],
    ['is not valid for another minute', { nbf: now + 60 }, 'the token is not valid yet'],
    ['is for another audience', { aud: 'other' }, 'the token is not meant for this audience'],
    ['is for no audience', { aud: undefined }, 'the token is not meant for this audience'],
    ['is from another issuer', { iss: 'https://evil.example' }, 'the token is not from this issuer'],
    ['is from no issuer', { iss: undefined }, 'the token is not from this issuer'],
  ])('refuses a token that %s', async (_, overrides, detail) => {
    expect(await verifier.verify(await secretToken(claims(overrides)))).toEqual(invalidToken(detail));
  });

  it.each([{ exp: 'tomorrow' }, { exp: null }, { nbf: 'now' }, { sub: 7 }])(
    'refuses claims of another type: %j',
    async (odd) => {
      const token = await rawToken(JSON.stringify({ ...claims(), ...odd }));
      expect(await verifier.verify(token)).toMatchObject({ code: 'UNAUTHENTICATED' });
    },
  );

  it.each(['[]', 'null', '"text"', '{"exp":', ''])('refuses a body that is no object: %s', async (body) => {
    expect(await verifier.verify(await rawToken(body))).toEqual(invalidToken('not a JSON Web Token'));
  });

  it('forgives an issuer whose clock is a little ahead', async () => {
    expect(await verifier.verify(await secretToken(claims({ nbf: now + 4, iat: now + 4 })))).toMatchObject({
      subject: 'alice',
    });
  });

  it('refuses a token from the millisecond of its expiry on', async () => {
    const moving = createManualClock();
    const verifierThen = new Verifier({ ...options, clock: moving });
    const token = await secretToken(testClaims({ exp: moving.now() / 1000 + 10 }, moving.now()));
    moving.advance(9999);
    expect(await verifierThen.verify(token)).toMatchObject({ subject: 'alice' });
    moving.advance(1);
    expect(await verifierThen.verify(token)).toEqual(invalidToken('the token has expired'));
  });

  it('refuses a token that says it needs no signature', async () => {
    expect(await verifier.verify(unsignedToken(claims()))).toEqual(invalidToken(wrongAlgorithm));
  });

  it('refuses a token signed with another secret', async () => {
    const token = await secretToken(claims(), testSecret.toUpperCase());
    expect(await verifier.verify(token)).toEqual(invalidToken('the signature of the token is not right'));
  });

  it('refuses claims changed after signing', async () => {
    const [head, , signature] = (await secretToken(claims())).split('.');
    const body = Buffer.from(JSON.stringify(claims({ role: 'operator' }))).toString('base64url');
    expect(await verifier.verify(`${head}.${body}.${signature}`)).toEqual(
      invalidToken('the signature of the token is not right'),
    );
  });

  it('refuses a token signed with a key that the token itself brings', async () => {
    const own = await createSigner('ES256');
    const token = await own.sign(claims(), { jwk: own.publicJwk, jku: 'https://evil.example/jwks.json' });
    expect(await verifier.verify(token)).toEqual(invalidToken(wrongAlgorithm));
  });

  it.each(['', 'undefined', 'a.b', 'a.b.c', 'a.b.c.d.e', '..', '\u0000', 'é.é.é', 'x'.repeat(20_000)])(
    'refuses what is no token: %j',
    async (text) => {
      expect(await verifier.verify(text)).toEqual(invalidToken('not a JSON Web Token'));
    },
  );
});

import { describe, expect, it } from 'vitest';
import { Verifier } from '../../src/access/verifier.ts';
import { startJwksServer } from '../support/jwks-server.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createSigner, invalidToken, secretToken, testClaims, unsignedToken } from '../support/tokens.ts';
import { type TestScope, useIn } from '../support/wait.ts';

const first = await createSigner('ES256', 'first');
const second = await createSigner('RS256', 'second');
const nobody = await createSigner('ES256', 'nobody');
const minute = 60_000;

async function setUp(test: TestScope) {
  const clock = createManualClock();
  const server = await useIn(test, startJwksServer(first.publicJwk));
  const verifier = new Verifier({ jwksUrl: server.url, clock });
  const tokenOf = (signer = first, header = {}) =>
    signer.sign(testClaims({ exp: clock.now() / 1000 + 86_400 }, clock.now()), header);
  const verify = async (signer = first) => verifier.verify(await tokenOf(signer));
  return { clock, server, verifier, tokenOf, verify };
}

const accepted = { subject: 'alice' };
const unknownKey = invalidToken('no key of the issuer fits the token');

describe('Key set', () => {
  it('is fetched when the first token comes, once for all that come together, and kept', async (test) => {
    const { server, verify } = await setUp(test);
    expect(server.requests).toBe(0);
    const together = await Promise.all([verify(), verify(), verify()]);
    expect([...together, await verify()]).toMatchObject([accepted, accepted, accepted, accepted]);
    expect(server.requests).toBe(1);
  });

  it('is fetched again when it is ten minutes old', async (test) => {
    const { clock, server, verify } = await setUp(test);
    await verify();
    server.rotate(second.publicJwk);
    clock.advance(10 * minute - 1);
    expect(await verify()).toMatchObject(accepted);
    clock.advance(1);
    expect(await verify()).toEqual(unknownKey);
    expect(await verify(second)).toMatchObject(accepted);
    expect(server.requests).toBe(2);
  });

  it('is fetched again for a key it does not hold: the issuer may have changed its keys', async (test) => {
    const { clock, server, verify } = await setUp(test);
    await verify();
    server.rotate(first.publicJwk, second.publicJwk);
    clock.advance(10_000);
    expect(await verify(second)).toMatchObject(accepted);
    expect(await verify(first)).toMatchObject(accepted);
    expect(server.requests).toBe(2);
  });

  it('is not fetched more than once in ten seconds, however many unknown keys are named', async (test) => {
    const { clock, server, verify } = await setUp(test);
    await verify();
    for (let elapsed = 0; elapsed < 30_000; elapsed += 1000) {
      clock.advance(1000);
      expect(await verify(nobody)).toEqual(unknownKey);
    }
    expect(server.requests).toBe(4);
  });

  it('refuses a token that another key signed in the name of a known one', async (test) => {
    const { tokenOf, verifier } = await setUp(test);
    expect(await verifier.verify(await tokenOf(nobody, { kid: 'first' }))).toEqual(
      invalidToken('the signature of the token is not right'),
    );
  });

  it('never verifies an HMAC, nor a token without signature, whatever keys it holds', async (test) => {
    const { server, verifier } = await setUp(test);
    const secret = 'a secret that must not be published but was';
    server.rotate({ kty: 'oct', k: Buffer.from(secret).toString('base64url'), alg: 'HS256' });
    for (const token of [await secretToken(testClaims(), secret), unsignedToken(testClaims())]) {
      expect(await verifier.verify(token)).toMatchObject({
        code: 'UNAUTHENTICATED',
        detail: expect.stringContaining('algorithm allowed here'),
      });
    }
    expect(server.requests).toBe(0);
  });

  it('is searched for the right key when the token names none', async (test) => {
    const { server, tokenOf, verifier } = await setUp(test);
    const third = await createSigner('ES256', 'third');
    server.rotate(first.publicJwk, second.publicJwk, third.publicJwk);
    const nameless = { kid: undefined };
    expect(await verifier.verify(await tokenOf(third, nameless))).toMatchObject(accepted);
    expect(await verifier.verify(await tokenOf(nobody, nameless))).toMatchObject({
      detail: 'the signature of the token is not right',
    });
    const expired = await third.sign(testClaims({ exp: 1 }), nameless);
    expect(await verifier.verify(expired)).toMatchObject({ detail: 'the token has expired' });
  });
});

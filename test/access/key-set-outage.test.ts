import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Verifier } from '../../src/access/verifier.ts';
import { Refusal } from '../../src/core/errors.ts';
import { startJwksServer } from '../support/jwks-server.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createSigner, testClaims } from '../support/tokens.ts';
import { type TestScope, useIn, waitFor, within } from '../support/wait.ts';

const known = await createSigner('ES256', 'known');
const fresh = await createSigner('ES256', 'fresh');
const minute = 60_000;

async function setUp(test: TestScope, keySetTiming = {}) {
  const clock = createManualClock();
  const server = await useIn(test, startJwksServer(known.publicJwk));
  const verifier = new Verifier({ jwksUrl: server.url, clock, keySetTiming });
  const verify = async (signer = known) =>
    verifier.verify(await signer.sign(testClaims({ exp: clock.now() / 1000 + 86_400 }, clock.now())));
  return { clock, server, verify };
}

const accepted = { subject: 'alice' };
const unavailable = (reason: string) => {
  const detail = `the keys of the issuer cannot be fetched: ${reason}`;
  return new Refusal('AUTH_UNAVAILABLE', { detail, retryAfterS: 5 });
};

describe('Key set outage', () => {
  it('says that it is no fault of the token, until the issuer is back', async (test) => {
    const { clock, server, verify } = await setUp(test);
    await server.stop();
    expect(await verify()).toEqual(unavailable('no connection (ECONNREFUSED)'));
    await server.start();
    clock.advance(1000);
    expect(await verify()).toMatchObject(accepted);
  });

  it('asks an issuer that is down no more than once a second', async (test) => {
    const { clock, server, verify } = await setUp(test);
    server.answer((response) => response.writeHead(503).end());
    for (let elapsed = 0; elapsed < 3000; elapsed += 250) {
      expect(await verify()).toEqual(unavailable('answered 503'));
      clock.advance(250);
    }
    expect(server.requests).toBe(3);
  });

  it('lets known keys serve for an hour', async (test) => {
    const { clock, server, verify } = await setUp(test);
    await verify();
    await server.stop();
    clock.advance(60 * minute - 1);
    expect(await verify()).toMatchObject(accepted);
    clock.advance(minute);
    expect(await verify()).toMatchObject({ code: 'AUTH_UNAVAILABLE' });
  });

  it('holds nobody up who has a known key, where the issuer hangs', async (test) => {
    // Longer than this test waits.
    const { clock, server, verify } = await setUp(test, { timeoutMs: 600_000 });
    await verify();
    server.answer(() => undefined);
    clock.advance(10 * minute);
    const waiting = verify();
    await waitFor('the fetch', () => server.requests === 2);
    clock.advance(250);
    expect(await within('the verdict', waiting)).toMatchObject(accepted);
  });

  it('has keys that come late serve from then on', async (test) => {
    const { clock, server, verify } = await setUp(test);
    await verify();
    const late: ServerResponse[] = [];
    server.answer((response) => late.push(response));
    clock.advance(10 * minute);
    const waiting = verify();
    await waitFor('the fetch', () => late.length === 1);
    clock.advance(250);
    expect(await waiting).toMatchObject(accepted);
    late[0]?.end(JSON.stringify({ keys: [fresh.publicJwk] }));
    await waitFor('the new keys', async () => !((await verify(fresh)) instanceof Refusal));
    expect(await verify(known)).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('holds up whoever comes when the keys are too old to serve, until the issuer has had its time', async (test) => {
    const { clock, server, verify } = await setUp(test, { timeoutMs: 50 });
    await verify();
    server.answer(() => undefined);
    clock.advance(60 * minute);
    expect(await verify()).toEqual(unavailable('no answer in time'));
  });

  it('leaves open whether a key not known is a new one', async (test) => {
    const { clock, server, verify } = await setUp(test);
    await verify();
    await server.stop();
    clock.advance(minute);
    expect(await verify(fresh)).toMatchObject({ code: 'AUTH_UNAVAILABLE' });
    expect(await verify(known)).toMatchObject(accepted);
    server.rotate(known.publicJwk, fresh.publicJwk);
    await server.start();
    clock.advance(1000);
    expect(await verify(fresh)).toMatchObject(accepted);
  });

  it.for<[string, (response: ServerResponse) => void]>([
    ['does not answer', () => undefined],
    ['never ends its answer', (response) => response.writeHead(200).write('{"keys":[')],
  ])('is what an issuer that %s amounts to', async ([, answer], test) => {
    const { server, verify } = await setUp(test, { timeoutMs: 50 });
    server.answer(answer);
    expect(await verify()).toEqual(unavailable('no answer in time'));
  });

  it.for<[string, (response: ServerResponse) => void, string]>([
    ['an error', (response) => response.writeHead(500).end('secret'), 'answered 500'],
    ['no content', (response) => response.writeHead(204).end(), 'answered 204'],
    ['no JSON', (response) => response.end('<html>secret</html>'), 'the answer is not a key set'],
    ['other JSON', (response) => response.end('{"keys":"secret"}'), 'the answer is not a key set'],
    ['too much', (response) => response.end(' '.repeat(2 ** 20 + 1)), 'answered more than 1048576 bytes'],
    ['a broken answer', (response) => response.destroy(), 'no connection (UND_ERR_SOCKET)'],
  ])('is what %s amounts to', async ([, answer, reason], test) => {
    const { server, verify } = await setUp(test);
    server.answer(answer);
    expect(await verify()).toEqual(unavailable(reason));
  });

  it('is what a redirect amounts to, which is not followed', async (test) => {
    const { server, verify } = await setUp(test);
    const other = await useIn(test, startJwksServer(known.publicJwk));
    server.answer((response) => response.writeHead(302, { location: other.url }).end());
    expect(await verify()).toEqual(unavailable('answered 302'));
    expect(other.requests).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import type { Policy } from '../../src/access/policy.ts';
import type { Principal } from '../../src/access/principal.ts';
import { Verifier } from '../../src/access/verifier.ts';
import { problemTable, Refusal } from '../../src/core/errors.ts';
import { setUpAccess, verifierOf } from '../support/access.ts';
import { secretToken, testClaims, testSecret, unsignedToken } from '../support/tokens.ts';

const verifier = new Verifier({ secret: testSecret });
const claims = testClaims();
const expiresAt = Number(claims.exp) * 1000;
const nobody = { headers: {}, url: '/ws' };
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` }, url: '/ws' });
const tokenWith = async (role?: unknown) => bearer(await secretToken({ ...claims, role }));

/** Access of a gateway with auth, where the dialect control demands a token. */
const setUp = (options: Parameters<typeof setUpAccess>[0] = {}) =>
  setUpAccess({ verifier, demanding: ['control'], ...options });

/** Lets in every token, and nobody without. */
const withToken: Policy = { roles: ['viewer', 'operator', 'agent'], authOff: true };
const open: Policy = { ...withToken, tokenless: true };

/** Who was let in; fails where nobody was. */
function letIn(verdict: Principal | Refusal): Principal {
  if (verdict instanceof Refusal) throw new Error(`${verdict.code} ${verdict.detail}`);
  return verdict;
}

describe('Access, of who asks,', () => {
  it('knows nobody where no auth is configured, whatever they offer', async () => {
    const { access } = setUp({ verifier: undefined });
    for (const request of [nobody, bearer('anything')]) {
      expect(await access.authorise(request, withToken)).toMatchObject({
        anonymous: true,
        authOff: true,
        role: undefined,
        isOperator: false,
        expiresAt: undefined,
      });
    }
  });

  it('demands a token where its policy does, and nowhere else', async () => {
    const { access } = setUp();
    expect(await access.authorise(nobody, open)).toMatchObject({ anonymous: true, authOff: false });
    expect(await access.authorise(nobody, withToken)).toEqual(
      new Refusal('UNAUTHENTICATED', { detail: 'no token was offered', challenge: 'Bearer' }),
    );
  });

  it.each([
    ['needed', withToken],
    ['not needed', open],
  ])('refuses a bad token also where none is needed: %s', async (_need, policy) => {
    const { access, counted } = setUp();
    const expired = await secretToken({ ...claims, exp: 1 });
    for (const token of [expired, unsignedToken(claims), 'text', '']) {
      expect(await access.authorise(bearer(token), policy)).toMatchObject({
        code: 'UNAUTHENTICATED',
        challenge: 'Bearer error="invalid_token"',
      });
    }
    expect(counted('UNAUTHENTICATED')).toBe(4);
  });

  it('says where nobody gets in without a token', () => {
    const { access } = setUp();
    expect([access.demandsToken(withToken), access.demandsToken(open)]).toEqual([true, false]);
    expect(setUp({ verifier: undefined }).access.demandsToken(withToken)).toBe(false);
  });

  it('does not look for a better token behind a bad one', async () => {
    const good = await secretToken(claims);
    const request = {
      headers: { authorization: 'Bearer bad', cookie: `token=${good}` },
      url: `/?token=${good}`,
    };
    expect(await setUp().access.identify(request)).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it.each(['viewer', 'operator', 'agent'])('gives the role that the token names: %s', async (role) => {
    expect(await setUp().access.identify(await tokenWith(role))).toMatchObject({
      anonymous: false,
      role,
      isOperator: role === 'operator',
      subject: 'alice',
      expiresAt,
      client: 'subject alice',
      holder: 'subject alice',
    });
  });

  it('gives the default role to a token that names none, and to no other', async () => {
    const { access } = setUp({ defaultRole: 'viewer' });
    expect(await access.identify(await tokenWith())).toMatchObject({ role: 'viewer' });
    expect(await access.identify(await tokenWith('agent'))).toMatchObject({ role: 'agent' });
    expect(await access.identify(nobody)).toMatchObject({ anonymous: true, role: undefined });
  });

  it('takes one with the default role operator for an operator', async () => {
    const { access } = setUp({ defaultRole: 'operator' });
    expect(await access.identify(await tokenWith())).toMatchObject({ role: 'operator', isOperator: true });
  });

  it('leaves the role open where the token names none and no default is set', async () => {
    const principal = await setUp().access.identify(await tokenWith());
    expect(principal).toMatchObject({ anonymous: false, role: undefined });
  });

  it.each(['admin', 'OPERATOR', '', null, 1, ['operator'], { operator: true }])(
    'forbids the role %j, default or not',
    async (role) => {
      const { access } = setUp({ defaultRole: 'operator' });
      expect(await access.identify(await tokenWith(role))).toEqual(
        new Refusal('FORBIDDEN_ROLE', { detail: 'the "role" claim names no role known here' }),
      );
    },
  );

  it('knows it wherever the token was, in a later message, too', async () => {
    const token = await secretToken(claims);
    const { access } = setUp();
    for (const request of [
      { headers: { 'sec-websocket-protocol': `token, ${token}` } },
      { headers: {}, url: `/?token=${token}` },
      { headers: { cookie: `token=${token}`, 'sec-fetch-site': 'same-origin' } },
    ]) {
      expect(await access.identify(request)).toMatchObject({ subject: 'alice' });
    }
    expect(await access.verify(token, nobody)).toMatchObject({ subject: 'alice', expiresAt });
  });

  it('counts one without a subject by its address, and by nothing where many may be there', async () => {
    const { access } = setUp({ verifier: verifierOf({ role: 'viewer' }) });
    expect(await access.identify(bearer('x'))).toMatchObject({
      client: 'address unknown',
      holder: undefined,
    });
  });

  it('asks for another try in five seconds when the keys cannot be fetched', async () => {
    const detail = 'the keys of the issuer cannot be fetched: answered 503';
    const down: Pick<Verifier, 'verify'> = {
      verify: async () => new Refusal('AUTH_UNAVAILABLE', { detail, retryAfterS: 5 }),
    };
    const { access, counted } = setUp({ verifier: down });
    expect(await access.authorise(bearer('a.b.c'), open)).toEqual(
      new Refusal('AUTH_UNAVAILABLE', { detail, retryAfterS: 5 }),
    );
    expect(counted('AUTH_UNAVAILABLE')).toBe(1);
  });

  it('verifies no token where no auth is configured', async () => {
    const { access } = setUp({ verifier: undefined });
    expect(await access.verify(await secretToken(claims), nobody)).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('repeats nothing of a token in a refusal', async () => {
    const token = await secretToken({ ...claims, role: 'sesame', exp: 1, sub: 'sesame' });
    const odd = bearer(`${token}sesame`);
    for (const request of [bearer(token), odd, await tokenWith('sesame'), bearer('sesame')]) {
      expect(JSON.stringify(await setUp().access.identify(request))).not.toMatch(/sesame|eyJ/);
    }
  });

  it('names its refusals as the problem table does', () => {
    const { UNAUTHENTICATED, FORBIDDEN_ROLE, AUTH_UNAVAILABLE } = problemTable;
    expect([UNAUTHENTICATED.status, FORBIDDEN_ROLE.status, AUTH_UNAVAILABLE.status]).toEqual([401, 403, 503]);
  });
});

describe('Access, of a page whose token is sent,', () => {
  const known = verifierOf({ subject: 's', role: 'viewer' });
  const listed = ['https://dash.example'];
  const foreign = { origin: 'https://evil.example', host: 'gateway' };

  it.each([
    ['header', { authorization: 'Bearer x' }, '/'],
    ['subprotocol', { 'sec-websocket-protocol': 'token, x' }, '/'],
    ['query', {}, '/?token=x'],
  ])('asks nothing where it came by %s', async (_place, headers, url) => {
    const { access } = setUp({ verifier: known, allowed: listed });
    letIn(await access.authorise({ headers: { ...headers, ...foreign }, url }, withToken));
  });

  it.each<[string, '*' | readonly string[], Record<string, string>, boolean]>([
    ['a listed page', listed, { origin: 'https://dash.example', host: 'gateway' }, true],
    ['a page that is not listed', listed, foreign, false],
    ['a page of the same host', '*', { origin: 'http://gateway:3000', host: 'gateway:3000' }, true],
    ['a page of another host, without a list', '*', foreign, false],
    ['nobody known', '*', { host: 'gateway' }, false],
    ['the page itself, by a plain GET', '*', { host: 'gateway', 'sec-fetch-site': 'same-origin' }, true],
    ['an opaque origin', '*', { origin: 'null', host: 'gateway' }, false],
  ])('lets a cookie be used by %s: as stated', async (_who, allowed, headers, ok) => {
    const { access, counted } = setUp({ verifier: known, allowed });
    const sent = { ...headers, cookie: 'token=x' };
    // Fetch's Headers say the same.
    for (const either of [sent, new Headers(sent)]) {
      const verdict = await access.authorise({ headers: either, url: '/' }, withToken);
      expect(verdict instanceof Refusal ? verdict.code : 'ok').toBe(ok ? 'ok' : 'ORIGIN_REFUSED');
    }
    expect(counted('ORIGIN_REFUSED')).toBe(ok ? 0 : 2);
  });

  it('says that of the page before anything of the role', async () => {
    const { access } = setUp({ verifier: known });
    const request = { headers: { ...foreign, cookie: 'token=x' }, url: '/' };
    expect(await access.authorise(request, { ...withToken, roles: ['agent'] })).toMatchObject({
      code: 'ORIGIN_REFUSED',
    });
  });
});

describe('Access, by a policy,', () => {
  const operators: Policy = { roles: ['operator'], authOff: true };

  it('counts whom it refuses, once, and lets in the others', async () => {
    const { access, counted, refused } = setUp();
    const viewer = await tokenWith('viewer');
    expect(await access.authorise(viewer, operators)).toMatchObject({ code: 'FORBIDDEN_ROLE' });
    expect(counted('FORBIDDEN_ROLE')).toBe(1);
    expect(refused()).toHaveLength(1);
    letIn(await access.authorise(viewer, open));
    expect(counted('FORBIDDEN_ROLE')).toBe(1);
  });

  it('tells the client alone what a further one has against it', async () => {
    const { access, counted, refused } = setUp();
    expect(await access.authorise(await tokenWith('viewer'), open, operators)).toMatchObject({
      code: 'FORBIDDEN_ROLE',
    });
    expect(counted('FORBIDDEN_ROLE')).toBe(0);
    expect(refused()).toEqual([]);
    letIn(await access.authorise(await tokenWith('operator'), open, operators));
  });

  it('takes who has no role for what the policy says', async () => {
    const { access } = setUp();
    const viewers: Policy = { ...open, roles: ['viewer'], defaultRole: 'viewer' };
    for (const request of [nobody, await tokenWith()]) {
      expect(await access.authorise(request, viewers)).toMatchObject({ role: 'viewer' });
    }
    expect(await access.authorise(await tokenWith(), open)).toMatchObject({ code: 'FORBIDDEN_ROLE' });
  });
});

import { describe, expect, it } from 'vitest';
import { createGate, type GateOptions } from '../../src/access/gate.ts';
import { createVerifier, type Verifier } from '../../src/access/verifier.ts';
import { problemTable } from '../../src/core/errors.ts';
import { secretToken, testClaims, testSecret, unsignedToken } from '../support/tokens.ts';

const verifier = createVerifier({ secret: testSecret });
const claims = testClaims();
const expiresAt = Number(claims.exp) * 1000;
const demanding = new Set(['control']);
const gateWith = (options: Partial<GateOptions> = {}) => createGate({ verifier, demanding, ...options });
const nobody = { headers: {}, url: '/ws' };
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` }, url: '/ws' });
const tokenWith = async (role?: unknown) => bearer(await secretToken({ ...claims, role }));
const anonymous = { ok: true, authenticated: false, role: undefined };

describe('Gate', () => {
  it('lets everybody in as nobody where no auth is configured, whatever they offer', async () => {
    const gate = gateWith({ verifier: undefined });
    expect(gate.enabled).toBe(false);
    expect(await gate.authenticate('control', nobody)).toEqual(anonymous);
    expect(await gate.authenticate('control', bearer('anything'))).toEqual(anonymous);
  });

  it('demands a token of the dialects named and of no others', async () => {
    const gate = gateWith();
    expect(gate.enabled).toBe(true);
    expect(await gate.authenticate('telemetry', nobody)).toEqual(anonymous);
    expect(await gate.authenticate('control', nobody)).toEqual({
      ok: false,
      code: 'UNAUTHENTICATED',
      detail: 'no token was offered',
      challenge: 'Bearer',
    });
  });

  it.each(['telemetry', 'control'])(
    'refuses a bad token also where none is demanded: %s',
    async (dialect) => {
      const gate = gateWith();
      const expired = await secretToken({ ...claims, exp: 1 });
      for (const token of [expired, unsignedToken(claims), 'text', '']) {
        expect(await gate.authenticate(dialect, bearer(token))).toMatchObject({
          ok: false,
          code: 'UNAUTHENTICATED',
          challenge: 'Bearer error="invalid_token"',
        });
      }
    },
  );

  it('does not look for a better token behind a bad one', async () => {
    const good = await secretToken(claims);
    const request = {
      headers: { authorization: 'Bearer bad', cookie: `token=${good}` },
      url: `/?token=${good}`,
    };
    expect(await gateWith().authenticate('telemetry', request)).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it.each(['viewer', 'operator', 'agent'])('gives the role that the token names: %s', async (role) => {
    for (const dialect of ['telemetry', 'control']) {
      expect(await gateWith().authenticate(dialect, await tokenWith(role))).toEqual({
        ok: true,
        authenticated: true,
        role,
        subject: 'alice',
        expiresAt,
        place: 'header',
      });
    }
  });

  it('gives the default role to a token that names none, and to no other', async () => {
    const gate = gateWith({ defaultRole: 'viewer' });
    expect(await gate.authenticate('control', await tokenWith())).toMatchObject({ ok: true, role: 'viewer' });
    expect(await gate.authenticate('control', await tokenWith('agent'))).toMatchObject({ role: 'agent' });
    expect(await gate.authenticate('telemetry', nobody)).toEqual(anonymous);
  });

  it('leaves the role open where the token names none and no default is set', async () => {
    const grant = await gateWith().authenticate('control', await tokenWith());
    expect(grant).toMatchObject({ ok: true, authenticated: true, role: undefined });
  });

  it.each(['admin', 'OPERATOR', '', null, 1, ['operator'], { operator: true }])(
    'forbids the role %j, default or not',
    async (role) => {
      const gate = gateWith({ defaultRole: 'operator' });
      expect(await gate.authenticate('telemetry', await tokenWith(role))).toEqual({
        ok: false,
        code: 'FORBIDDEN_ROLE',
        detail: 'the "role" claim names no role known here',
      });
    },
  );

  it('says where the token was', async () => {
    const token = await secretToken(claims);
    const gate = gateWith();
    const cookie = { headers: { cookie: `token=${token}` } };
    const subprotocol = { headers: { 'sec-websocket-protocol': `token, ${token}` } };
    expect(await gate.authenticate('control', cookie)).toMatchObject({ place: 'cookie' });
    expect(await gate.authenticate('control', subprotocol)).toMatchObject({ place: 'subprotocol' });
    expect(await gate.authenticate('control', { headers: {}, url: `/?token=${token}` })).toMatchObject({
      place: 'query',
    });
    expect(await gate.check(token, 'message')).toMatchObject({
      ok: true,
      subject: 'alice',
      place: 'message',
    });
  });

  it('asks for another try in five seconds when the keys cannot be fetched', async () => {
    const detail = 'the keys of the issuer cannot be fetched: answered 503';
    const down: Verifier = { verify: async () => ({ ok: false, kind: 'unavailable', detail }) };
    expect(await gateWith({ verifier: down }).authenticate('telemetry', bearer('a.b.c'))).toEqual({
      ok: false,
      code: 'AUTH_UNAVAILABLE',
      detail,
      retryAfterS: 5,
    });
  });

  it('checks no token where no auth is configured', async () => {
    const gate = gateWith({ verifier: undefined });
    expect(await gate.check(await secretToken(claims), 'message')).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('repeats nothing of a token in a refusal', async () => {
    const token = await secretToken({ ...claims, role: 'sesame', exp: 1, sub: 'sesame' });
    const odd = bearer(`${token}sesame`);
    for (const request of [bearer(token), odd, await tokenWith('sesame'), bearer('sesame')]) {
      expect(JSON.stringify(await gateWith().authenticate('control', request))).not.toMatch(/sesame|eyJ/);
    }
  });

  it('names its refusals as the problem table does', () => {
    const { UNAUTHENTICATED, FORBIDDEN_ROLE, AUTH_UNAVAILABLE } = problemTable;
    expect([UNAUTHENTICATED.status, FORBIDDEN_ROLE.status, AUTH_UNAVAILABLE.status]).toEqual([401, 403, 503]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Policy, refusal } from '../../src/access/policy.ts';
import { isRole, type Principal, roles } from '../../src/access/principal.ts';
import { Refusal } from '../../src/core/errors.ts';
import { anyone, operator } from '../support/principals.ts';

const disabled = new Refusal('COMMANDS_DISABLED');
const forbidden = new Refusal('FORBIDDEN');

const base: Policy = { roles: ['operator'], authOff: disabled };
const withoutAuth: Principal = { ...anyone, authOff: true };
const tokenless: Principal = { ...anyone, authOff: false };
const foreign = { isForeignPage: true };
const viewer: Principal = { ...operator, role: 'viewer', isOperator: false };

describe('refusal', () => {
  it.each<[string, Principal, Partial<Policy>, string | undefined]>([
    // Without auth.
    ['the setting decides', withoutAuth, {}, 'COMMANDS_DISABLED'],
    ['everybody is let in', withoutAuth, { authOff: true }, undefined],
    ['roles do not count', { ...withoutAuth, role: 'agent' }, { authOff: true }, undefined],
    ['what holds with auth does not', withoutAuth, { tokenless: true }, 'COMMANDS_DISABLED'],
    ['who is here is spared', { ...withoutAuth, isLocal: true }, { sparesLocal: true }, undefined],
    ['who is not is not', withoutAuth, { sparesLocal: true }, 'COMMANDS_DISABLED'],
    ['nobody is spared by itself', { ...withoutAuth, isLocal: true }, {}, 'COMMANDS_DISABLED'],
    // With auth, without a token.
    ['a token is needed', tokenless, {}, 'UNAUTHENTICATED'],
    ['none is needed', tokenless, { tokenless: true }, undefined],
    ['the policy says why not', tokenless, { tokenless: forbidden }, 'FORBIDDEN'],
    ['who is here needs one, too', { ...tokenless, isLocal: true }, { sparesLocal: true }, 'UNAUTHENTICATED'],
    // With a token.
    ['the role is let in', operator, {}, undefined],
    ['the role is not', viewer, {}, 'FORBIDDEN_ROLE'],
    ['the policy says why the role is not', viewer, { wrongRole: forbidden }, 'FORBIDDEN'],
    ['no role is none', { ...viewer, role: undefined }, {}, 'FORBIDDEN_ROLE'],
    ['no role is the default', { ...viewer, role: undefined }, { defaultRole: 'operator' }, undefined],
    ['a role is not the default', viewer, { defaultRole: 'operator' }, 'FORBIDDEN_ROLE'],
    // Of a page from elsewhere.
    ['it may look', { ...withoutAuth, ...foreign }, { authOff: true }, undefined],
    [
      'it may change nothing',
      { ...withoutAuth, ...foreign },
      { authOff: true, changes: true },
      'ORIGIN_REFUSED',
    ],
    ['nor with auth', { ...tokenless, ...foreign }, { tokenless: true, changes: true }, 'ORIGIN_REFUSED'],
    ['the setting is named first', { ...withoutAuth, ...foreign }, { changes: true }, 'COMMANDS_DISABLED'],
    ['a token is asked for first', { ...tokenless, ...foreign }, { changes: true }, 'UNAUTHENTICATED'],
    ['a token may', { ...operator, ...foreign }, { changes: true }, undefined],
  ])('%s', (_words, principal, policy, code) => {
    expect(refusal(principal, { ...base, ...policy })?.code).toBe(code);
  });

  it('says which roles are needed, and how to bring a token', () => {
    expect(refusal(viewer, { ...base, roles: ['operator', 'agent'] })?.detail).toBe(
      'this needs the role operator or agent',
    );
    expect(refusal(tokenless, base)).toMatchObject({ detail: 'no token was offered', challenge: 'Bearer' });
  });

  it('says of a page from elsewhere where pages are listed', () => {
    const detail = refusal({ ...withoutAuth, ...foreign }, { ...base, authOff: true, changes: true })?.detail;
    expect(detail).toContain('ALLOWED_ORIGINS');
  });
});

const anyPolicy: fc.Arbitrary<Policy> = fc.record(
  {
    roles: fc.subarray([...roles]),
    defaultRole: fc.constantFrom(...roles),
    tokenless: fc.constantFrom(true as const, forbidden),
    authOff: fc.constantFrom(true as const, disabled),
    sparesLocal: fc.boolean(),
    changes: fc.boolean(),
    wrongRole: fc.constant(forbidden),
  },
  { requiredKeys: ['roles', 'authOff'] },
);
const anyPrincipal: fc.Arbitrary<Principal> = fc
  .record({
    role: fc.constantFrom(undefined, ...roles),
    isForeignPage: fc.boolean(),
    isLocal: fc.boolean(),
    kind: fc.constantFrom(withoutAuth, tokenless, operator),
  })
  .map(({ kind, ...facts }) => ({ ...kind, ...facts, isOperator: false }));

describe('refusal, whatever the policy,', () => {
  it('never refuses an operator’s token where the policy has its role', () => {
    fc.assert(
      fc.property(anyPolicy, anyPrincipal, (policy, { isForeignPage, isLocal }) => {
        const everyWay = { ...policy, roles: [...policy.roles, 'operator' as const] };
        expect(refusal({ ...operator, isForeignPage, isLocal }, everyWay)).toBeUndefined();
      }),
    );
  });

  it('lets in by a token no role that it does not have', () => {
    fc.assert(
      fc.property(anyPolicy, fc.constantFrom(...roles), (policy, role) => {
        const isLetIn = refusal({ ...operator, role }, policy) === undefined;
        expect(isLetIn).toBe(policy.roles.includes(role));
      }),
    );
  });

  it('lets no page from elsewhere do more than it would let another one', () => {
    fc.assert(
      fc.property(anyPolicy, anyPrincipal, (policy, principal) => {
        if (refusal({ ...principal, isForeignPage: true }, policy) !== undefined) return;
        expect(refusal({ ...principal, isForeignPage: false }, policy)).toBeUndefined();
      }),
    );
  });

  it('lets nobody without a token change anything from a page of elsewhere', () => {
    fc.assert(
      fc.property(anyPolicy, anyPrincipal, (policy, principal) => {
        const stranger = { ...principal, anonymous: true, isForeignPage: true };
        expect(refusal(stranger, { ...policy, changes: true })).toBeInstanceOf(Refusal);
      }),
    );
  });
});

describe('isRole', () => {
  it.each(roles)('knows %s', (role) => {
    expect(isRole(role)).toBe(true);
  });

  it.each(['admin', 'Operator', 'operator ', '', '__proto__', null, undefined, 1, true, ['operator'], {}])(
    'does not take %j for a role',
    (value) => {
      expect(isRole(value)).toBe(false);
    },
  );
});

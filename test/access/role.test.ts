import { describe, expect, it } from 'vitest';
import { isRole, roleCovers, roles } from '../../src/access/role.ts';

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

describe('roleCovers', () => {
  it.each([
    ['viewer', 'viewer', true],
    ['viewer', 'operator', false],
    ['viewer', 'agent', false],
    ['operator', 'viewer', true],
    ['operator', 'operator', true],
    ['operator', 'agent', false],
    ['agent', 'viewer', false],
    ['agent', 'operator', false],
    ['agent', 'agent', true],
  ] as const)('says of %s where %s is needed: %s', (held, needed, covered) => {
    expect(roleCovers(held, needed)).toBe(covered);
  });

  it.each(roles)('gives no role nothing where %s is needed', (needed) => {
    expect(roleCovers(undefined, needed)).toBe(false);
  });
});

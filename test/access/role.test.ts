import { describe, expect, it } from 'vitest';
import { isRole, roles } from '../../src/access/role.ts';

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

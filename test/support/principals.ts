import type { Permission } from '../../src/access/entrance.ts';

/** Who was let in without a token, and may look. */
export const anyone: Permission = {
  role: 'viewer',
  anonymous: true,
  commands: false,
  refusal: 'COMMANDS_DISABLED',
  isOperator: false,
  subject: undefined,
  expiresAt: undefined,
  address: '192.0.2.1',
  userAgent: undefined,
  client: 'address 192.0.2.1',
  holder: undefined,
};

/** Who was let in by a token, and may command. */
export const operator: Permission = {
  ...anyone,
  role: 'operator',
  anonymous: false,
  commands: true,
  refusal: 'FORBIDDEN',
  isOperator: true,
  subject: 'trader',
  client: 'subject trader',
  holder: 'subject trader',
};

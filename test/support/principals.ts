import type { Principal } from '../../src/access/principal.ts';

/** Who was let in without a token, and may look. */
export const anyone: Principal = {
  anonymous: true,
  authOff: true,
  role: 'viewer',
  isOperator: false,
  subject: undefined,
  expiresAt: undefined,
  address: '192.0.2.1',
  userAgent: undefined,
  client: 'address 192.0.2.1',
  holder: undefined,
  isForeignPage: false,
  isLocal: false,
};

/** Who was let in by a token, and may command. */
export const operator: Principal = {
  ...anyone,
  anonymous: false,
  authOff: false,
  role: 'operator',
  isOperator: true,
  subject: 'trader',
  client: 'subject trader',
  holder: 'subject trader',
};

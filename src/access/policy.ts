import { Refusal } from '../core/errors.ts';
import type { Principal } from './principal.ts';
import type { Role } from './role.ts';

/** What is needed somewhere, as data. */
export interface Policy {
  /** The roles of tokens that are let in. */
  readonly roles: readonly Role[];
  /** What somebody counts as who was let in and whose token names no role, or who has none. Default: nothing. */
  readonly defaultRole?: Role;
  /** Of who brings no token while auth is on: let in, or why not. Default: `UNAUTHENTICATED`. */
  readonly tokenless?: true | Refusal;
  /** Of everybody while no auth is configured: let in, or refused in words that name the setting. */
  readonly authOff: true | Refusal;
  /** Whether `authOff` holds for all but those who sit at this machine. Default: false. */
  readonly sparesLocal?: boolean;
  /** Whether it changes something: then pages from elsewhere need a token in any case. Default: false. */
  readonly changes?: boolean;
  /** Of a token with another role. Default: `FORBIDDEN_ROLE`, with the roles that are needed. */
  readonly wrongRole?: Refusal;
}

const noToken = new Refusal('UNAUTHENTICATED', {
  detail: 'no token was offered',
  // RFC 6750 3: a request without any token is told the scheme and no error.
  challenge: 'Bearer',
});
const foreignPage = new Refusal('ORIGIN_REFUSED', { detail: 'see ALLOWED_ORIGINS, where * lists none here' });

/** What a policy has against a principal; undefined: nothing. */
export function refusal(principal: Principal, policy: Policy): Refusal | undefined {
  if (!principal.anonymous) return refusalOfRole(principal.role ?? policy.defaultRole, policy);
  const verdict = principal.authOff ? verdictWithoutAuth(principal, policy) : (policy.tokenless ?? noToken);
  if (verdict !== true) return verdict;
  return policy.changes === true && principal.isForeignPage ? foreignPage : undefined;
}

function refusalOfRole(held: Role | undefined, { roles, wrongRole }: Policy): Refusal | undefined {
  if (held !== undefined && roles.includes(held)) return undefined;
  return wrongRole ?? new Refusal('FORBIDDEN_ROLE', { detail: `this needs the role ${roles.join(' or ')}` });
}

function verdictWithoutAuth({ isLocal }: Principal, { authOff, sparesLocal }: Policy): true | Refusal {
  return (sparesLocal === true && isLocal) || authOff;
}

import { Refusal } from '../core/errors.ts';
import type { Principal } from './principal.ts';
import type { Role } from './role.ts';

/** What is needed somewhere, as data. */
export interface Policy {
  /** The roles that a token may have here. */
  readonly roles: readonly Role[];
  /** The role of a token that names none, and of who is let in without a token. Default: no role. */
  readonly defaultRole?: Role;
  /** While auth is on, who brings no token: `true` lets it in. Default: refused with `UNAUTHENTICATED`. */
  readonly tokenless?: true | Refusal;
  /** While no auth is configured: `true` lets everybody in; a refusal names the setting that would. */
  readonly authOff: true | Refusal;
  /** While no auth is configured, lets in who sits at this machine, whatever `authOff` says. Default: false. */
  readonly sparesLocal?: boolean;
  /** It changes something: `ORIGIN_REFUSED` for pages from elsewhere without a token. Default: false. */
  readonly changes?: boolean;
  /** What a token of any other role is told. Default: `FORBIDDEN_ROLE`, naming the roles that are needed. */
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

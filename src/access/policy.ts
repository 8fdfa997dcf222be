import { Refusal } from '../core/errors.ts';
import { type Principal, type Role, roles } from './principal.ts';

/** Who is let in somewhere, as data. */
export interface Policy {
  /** The roles that a token may have here. */
  readonly roles: readonly Role[];
  /** The role of a token that names none, and of who is let in without a token. Default: no role. */
  readonly defaultRole?: Role;
  /** While auth is on, `true` lets in who brings no token. Default: refused with `UNAUTHENTICATED`. */
  readonly tokenless?: true | Refusal | undefined;
  /** While no auth is configured: `true` lets everybody in; a refusal names the setting that would. */
  readonly authOff: true | Refusal;
  /** While no auth is configured, lets in requests from this machine, whatever `authOff` says. Default: false. */
  readonly sparesLocal?: boolean;
  /** For what changes something: `ORIGIN_REFUSED` for pages of other origins without a token. Default: false. */
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

/** Why a policy does not let a principal in; undefined: it does. */
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

export interface PolicyOptions {
  /** `AUTH_DIALECTS`: names of the dialects that demand a token of viewers, too. */
  readonly demanding: readonly string[];
  /** `ALLOW_COMMANDS`: without auth, everyone may command. */
  readonly allowCommands: boolean;
  /** `ALLOW_INGEST`: without auth, everyone may post events. */
  readonly allowIngest: boolean;
}

/** The policy for each kind of access. */
export class Policies {
  readonly #options: PolicyOptions;

  constructor(options: PolicyOptions) {
    this.#options = options;
  }

  /** To view a dialect. */
  viewing(dialect: string): Policy {
    return this.#viewing(this.#options.demanding.includes(dialect));
  }

  /** To view what may belong to any dialect: where one demands a token, so does this. */
  get viewingAnything(): Policy {
    return this.#viewing(this.#options.demanding.length > 0);
  }

  #viewing(demandsToken: boolean): Policy {
    return {
      roles: ['viewer', 'operator'],
      defaultRole: 'viewer',
      tokenless: demandsToken ? undefined : true,
      authOff: true,
      wrongRole: noAgents,
    };
  }

  /** To command the engine. */
  get commanding(): Policy {
    return {
      roles: ['operator'],
      tokenless: commandsForOperators,
      authOff: this.#options.allowCommands || commandsDisabled,
      changes: true,
      wrongRole: commandsForOperators,
    };
  }

  /** To change something in the engine by a request that is forwarded. */
  get forwarding(): Policy {
    return {
      roles: ['operator'],
      tokenless: forwardedForOperators,
      authOff: this.#options.allowCommands || forwardedForOperators,
      changes: true,
      wrongRole: forwardedForOperators,
    };
  }

  /** To post events, which others will see. */
  get ingesting(): Policy {
    return {
      roles: ['operator', 'agent'],
      authOff: this.#options.allowIngest || ingestDisabled,
      changes: true,
    };
  }

  /** To list the clients. */
  get operating(): Policy {
    return { roles: ['operator'], authOff: onlyHere, sparesLocal: true };
  }

  /** To read the metrics, with any token. */
  get measuring(): Policy {
    return { roles, defaultRole: 'viewer', authOff: true };
  }
}

const noAgents = new Refusal('FORBIDDEN_ROLE', { detail: 'the role agent is not let in here' });
const commandsForOperators = new Refusal('FORBIDDEN');
const commandsDisabled = new Refusal('COMMANDS_DISABLED');
const forwardedForOperators = new Refusal('FORBIDDEN_ROLE', {
  detail: 'this method needs the role operator, or ALLOW_COMMANDS',
});
const ingestDisabled = new Refusal('INGEST_DISABLED', { detail: 'see ALLOW_INGEST' });
const onlyHere = new Refusal('FORBIDDEN_ROLE', {
  detail: 'without auth this is for the machine itself, or on OPS_PORT',
});

import { Refusal } from '../core/errors.ts';
import type { Policy } from './policy.ts';
import { roles } from './role.ts';

export interface PolicyOptions {
  /** `AUTH_DIALECTS`: names of the dialects that demand a token of those who look, too. */
  readonly demanding: readonly string[];
  /** `ALLOW_COMMANDS`: commands for everyone, where no token can say who is an operator. */
  readonly allowCommands: boolean;
  /** `ALLOW_INGEST`: events from everyone, where no token can say who an agent is. */
  readonly allowIngest: boolean;
}

/** What is needed for each thing that can be done here. */
export class Policies {
  readonly #options: PolicyOptions;

  constructor(options: PolicyOptions) {
    this.#options = options;
  }

  /** To see what a dialect shows. @param dialect the name by which `AUTH_DIALECTS` demands a token here */
  viewing(dialect: string): Policy {
    return this.#viewing(this.#options.demanding.includes(dialect));
  }

  /** To see what may be of any dialect: where one demands a token, so does this. */
  get viewingAnything(): Policy {
    return this.#viewing(this.#options.demanding.length > 0);
  }

  #viewing(demandsToken: boolean): Policy {
    return {
      roles: ['viewer', 'operator'],
      defaultRole: 'viewer',
      authOff: true,
      wrongRole: noAgents,
      ...(demandsToken ? {} : { tokenless: true }),
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

  /** To have the engine change something, by a request that is forwarded. */
  get forwarding(): Policy {
    return {
      roles: ['operator'],
      tokenless: forwardedForOperators,
      authOff: this.#options.allowCommands || forwardedForOperators,
      changes: true,
      wrongRole: forwardedForOperators,
    };
  }

  /** To bring events in, which others will see: that takes more than to look without a token. */
  get ingesting(): Policy {
    return {
      roles: ['operator', 'agent'],
      authOff: this.#options.allowIngest || ingestDisabled,
      changes: true,
    };
  }

  /** To know who else is there. */
  get operating(): Policy {
    return { roles: ['operator'], authOff: onlyHere, sparesLocal: true };
  }

  /** To read the gateway's own figures, with whatever token. */
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

import type { CredentialRequest } from './credentials.ts';
import type { Guard, Rule } from './guard.ts';
import type { Origins } from './origins.ts';
import type { Refusal } from './refusals.ts';
import { roleCovers } from './role.ts';
import type { Visitors } from './visitors.ts';

/** What a client may do. */
export interface Permission {
  readonly role: 'viewer' | 'operator';
  /** Whether it may change anything: the role operator, or anybody where `ALLOW_COMMANDS` says so. */
  readonly commands: boolean;
  /** Let in without a token. */
  readonly anonymous: boolean;
  /** Why not: its role, because nobody may, or for the page that asks without a token. */
  readonly refusal: 'FORBIDDEN' | 'COMMANDS_DISABLED' | 'ORIGIN_REFUSED';
  /** Whether a token says that it is an operator. */
  readonly isOperator: boolean;
  /** `sub` of its token, for the audit log. */
  readonly subject: string | undefined;
  /** Where it comes from, for people. */
  readonly address: string;
  readonly userAgent: string | undefined;
  /** Who it is counted as: its subject, else its address. */
  readonly client: string;
  /** The same where that is one client for certain. Undefined: many may be behind it. */
  readonly holder: string | undefined;
  /** Epoch ms from which its token is void; undefined: never. */
  readonly expiresAt: number | undefined;
}

export interface EntranceOptions {
  readonly guard: Guard;
  /** Whether tokens are verified at all. */
  readonly authEnabled: boolean;
  /** `ALLOW_COMMANDS`: commands for everyone, where no token can say who is an operator. */
  readonly allowCommands: boolean;
  readonly origins: Pick<Origins, 'mayChange'>;
  readonly visitors: Visitors;
}

/** Decides whether a request may see what a dialect shows, and what else it may do. */
export type Entrance = (
  request: CredentialRequest,
) => Promise<{ readonly ok: true; readonly permission: Permission } | Refusal>;

/** @param dialect the name by which `AUTH_DIALECTS` demands a token here */
export function createEntrance(dialect: string, options: EntranceOptions): Entrance {
  const { guard, authEnabled, allowCommands, origins, visitors } = options;
  const anonymousFor = (request: CredentialRequest): Permission => {
    const isForeign = !authEnabled && allowCommands && !origins.mayChange(request);
    return {
      ...visitorOf(request),
      role: 'viewer',
      anonymous: true,
      commands: !authEnabled && allowCommands && !isForeign,
      refusal: isForeign ? 'ORIGIN_REFUSED' : authEnabled ? 'FORBIDDEN' : 'COMMANDS_DISABLED',
      isOperator: false,
      subject: undefined,
      expiresAt: undefined,
    };
  };
  const visitorOf = (request: CredentialRequest, subject?: string) => {
    const { address, group, mayBeMany, userAgent } = visitors.of(request);
    const client = subject === undefined ? `address ${group}` : `subject ${subject}`;
    const holder = subject === undefined && mayBeMany ? undefined : client;
    return { address, userAgent, client, holder };
  };
  return async (request) => {
    const grant = await guard(dialect, request, letViewersIn);
    if (!grant.ok) return grant;
    if (!grant.authenticated) return { ok: true, permission: anonymousFor(request) };
    const { role = 'viewer', subject, expiresAt } = grant;
    const isOperator = roleCovers(role, 'operator');
    const shown = isOperator ? 'operator' : 'viewer';
    return {
      ok: true,
      permission: {
        ...visitorOf(request, subject),
        ...{ role: shown, anonymous: false, commands: isOperator, refusal: 'FORBIDDEN' },
        ...{ isOperator, subject, expiresAt },
      },
    };
  };
}

const letViewersIn: Rule = ({ role = 'viewer' }) =>
  roleCovers(role, 'viewer')
    ? undefined
    : { ok: false, code: 'FORBIDDEN_ROLE', detail: `the role ${role} is not let in here` };

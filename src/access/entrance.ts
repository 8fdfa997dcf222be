import type { CredentialRequest } from './credentials.ts';
import type { Guard, Refusal, Rule } from './guard.ts';
import type { Origins } from './origins.ts';
import { roleCovers } from './role.ts';

/** What a client may do. */
export interface Permission {
  readonly role: 'viewer' | 'operator';
  /** Whether it may change anything: the role operator, or anybody where `ALLOW_COMMANDS` says so. */
  readonly commands: boolean;
  /** Let in without a token. */
  readonly anonymous: boolean;
  /** Why not: its role, because nobody may, or for the page that asks without a token. */
  readonly refusal: 'FORBIDDEN' | 'COMMANDS_DISABLED' | 'ORIGIN_REFUSED';
  /** `sub` of its token, for the audit log. */
  readonly subject: string | undefined;
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
}

/** Decides whether a request may see what a dialect shows, and what else it may do. */
export type Entrance = (
  request: CredentialRequest,
) => Promise<{ readonly ok: true; readonly permission: Permission } | Refusal>;

/** @param dialect the name by which `AUTH_DIALECTS` demands a token here */
export function createEntrance(dialect: string, options: EntranceOptions): Entrance {
  const { guard, authEnabled, allowCommands, origins } = options;
  const anonymous: Permission = {
    role: 'viewer',
    anonymous: true,
    commands: !authEnabled && allowCommands,
    refusal: authEnabled ? 'FORBIDDEN' : 'COMMANDS_DISABLED',
    subject: undefined,
    expiresAt: undefined,
  };
  const anonymousFor = (request: CredentialRequest): Permission => {
    if (!anonymous.commands || origins.mayChange(request)) return anonymous;
    return { ...anonymous, commands: false, refusal: 'ORIGIN_REFUSED' };
  };
  return async (request) => {
    const grant = await guard(dialect, request, letViewersIn);
    if (!grant.ok) return grant;
    if (!grant.authenticated) return { ok: true, permission: anonymousFor(request) };
    const { role = 'viewer', subject, expiresAt } = grant;
    const commands = roleCovers(role, 'operator');
    const shown = commands ? 'operator' : 'viewer';
    return {
      ok: true,
      permission: { role: shown, anonymous: false, commands, refusal: 'FORBIDDEN', subject, expiresAt },
    };
  };
}

const letViewersIn: Rule = ({ role = 'viewer' }) =>
  roleCovers(role, 'viewer')
    ? undefined
    : { ok: false, code: 'FORBIDDEN_ROLE', detail: `the role ${role} is not let in here` };

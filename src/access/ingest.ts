import type { CredentialRequest } from './credentials.ts';
import type { Guard, Rule } from './guard.ts';
import type { Origins } from './origins.ts';
import type { Refusal } from './refusals.ts';
import { roleCovers } from './role.ts';

export interface IngestOptions {
  readonly guard: Guard;
  /** Whether tokens are verified at all. */
  readonly authEnabled: boolean;
  /** `ALLOW_INGEST`: events from everyone, where no token can say who an agent is. */
  readonly allowIngest: boolean;
  readonly origins: Pick<Origins, 'mayChange'>;
}

/** Decides whether a request may bring events in, which others will see. */
export type IngestEntrance = (request: CredentialRequest) => Promise<{ readonly ok: true } | Refusal>;

/** @param dialect the name by which its guard knows it */
export function createIngestEntrance(
  dialect: string,
  { guard, authEnabled, allowIngest, origins }: IngestOptions,
): IngestEntrance {
  const rule: Rule = (grant, request) => {
    if (grant.authenticated) {
      return roleCovers(grant.role, 'operator') || roleCovers(grant.role, 'agent')
        ? undefined
        : { ok: false, code: 'FORBIDDEN_ROLE', detail: 'this needs the role operator or agent' };
    }
    // Whoever may look without a token may not therefore say what others see.
    if (authEnabled) {
      return { ok: false, code: 'UNAUTHENTICATED', detail: 'no token was offered', challenge: 'Bearer' };
    }
    if (!allowIngest) return { ok: false, code: 'INGEST_DISABLED', detail: 'see ALLOW_INGEST' };
    return origins.mayChange(request)
      ? undefined
      : { ok: false, code: 'ORIGIN_REFUSED', detail: 'see ALLOWED_ORIGINS, where * lists none here' };
  };
  return async (request) => {
    const grant = await guard(dialect, request, rule);
    return grant.ok ? { ok: true } : grant;
  };
}

import { isLoopback } from './client-address.ts';
import type { CredentialRequest } from './credentials.ts';
import type { Entrance } from './entrance.ts';
import type { Origins } from './origins.ts';
import type { Refusal } from './refusals.ts';
import type { Visitors } from './visitors.ts';

export interface OperatorOnlyOptions {
  readonly entrance: Entrance;
  /** Whether tokens say who is an operator. */
  readonly authEnabled: boolean;
  readonly visitors: Visitors;
  readonly origins: Pick<Origins, 'mayChange' | 'isOurName'>;
}

/**
 * Decides who may know who else is there: operators; where no token can say who they are, who sits at this machine,
 * and no page that is open there.
 */
export function createOperatorOnly({ entrance, authEnabled, visitors, origins }: OperatorOnlyOptions) {
  return async (request: CredentialRequest): Promise<{ readonly ok: true } | Refusal> => {
    const entry = await entrance(request);
    if (!entry.ok || entry.permission.isOperator) return entry;
    if (authEnabled) {
      return entry.permission.anonymous
        ? { ok: false, code: 'UNAUTHENTICATED', detail: 'no token was offered', challenge: 'Bearer' }
        : { ok: false, code: 'FORBIDDEN_ROLE', detail: 'this needs the role operator' };
    }
    const { address, isForwardedUnread } = visitors.of(request);
    // A page may be open here whose name was made to mean this machine: its requests to itself name no origin.
    const isPage = !origins.isOurName(request) || !origins.mayChange(request);
    if (isLoopback(address) && !isForwardedUnread && !isPage) return { ok: true };
    const detail = 'without auth this is for the machine itself, or on OPS_PORT';
    return { ok: false, code: 'FORBIDDEN_ROLE', detail };
  };
}

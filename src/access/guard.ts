import type { CredentialRequest } from './credentials.ts';
import type { Gate, Grant } from './gate.ts';
import type { Origins } from './origins.ts';
import type { Refusal, Refusals } from './refusals.ts';

export interface GuardOptions {
  readonly gate: Gate;
  readonly origins: Pick<Origins, 'mayUseCookie'>;
  readonly refusals: Pick<Refusals, 'tell'>;
}

/** What an entrance asks of who comes besides; undefined: nothing is against letting it in. */
export type Rule = (grant: Grant, request: CredentialRequest) => Refusal | undefined;

/**
 * Decides, for WebSocket handshakes and plain requests alike, who a request to a dialect is from, and counts each
 * that is refused, by the rule too.
 */
export type Guard = (dialect: string, request: CredentialRequest, rule?: Rule) => Promise<Grant | Refusal>;

export function createGuard({ gate, origins, refusals }: GuardOptions): Guard {
  const refuse = (refusal: Refusal, request: CredentialRequest): Refusal => {
    refusals.tell('auth', refusal, request);
    return refusal;
  };
  const cookieFault = (grant: Grant, request: CredentialRequest): Refusal | undefined => {
    if (!grant.authenticated || grant.place !== 'cookie') return undefined;
    const detail = 'this page may not use the cookie, see ALLOWED_ORIGINS';
    return origins.mayUseCookie(request) ? undefined : { ok: false, code: 'ORIGIN_REFUSED', detail };
  };
  return async (dialect, request, rule) => {
    const grant = await gate.authenticate(dialect, request);
    if (!grant.ok) return refuse(grant, request);
    const refusal = cookieFault(grant, request) ?? rule?.(grant, request);
    return refusal === undefined ? grant : refuse(refusal, request);
  };
}

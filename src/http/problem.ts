import { type Effect, problemDocument, type Refusal } from '../core/errors.ts';

/**
 * An HTTP answer that says what was wrong: `application/problem+json` (RFC 9457).
 *
 * @param effect of a request that was to change something: whether it may have. Undefined: it was not to
 */
export function problemResponse(
  { code, detail, retryAfterS, challenge }: Refusal,
  effect?: Effect,
): Response {
  const document = problemDocument(code, { detail, effect });
  const headers = new Headers({ 'content-type': 'application/problem+json' });
  if (retryAfterS !== undefined) headers.set('retry-after', String(retryAfterS));
  // RFC 9110 §15.5.22: a 426 says what to upgrade to.
  if (document.status === 426) {
    headers.set('upgrade', 'websocket');
    headers.set('connection', 'Upgrade');
  }
  if (challenge !== undefined) headers.set('www-authenticate', challenge);
  return new Response(JSON.stringify(document), { status: document.status, headers });
}

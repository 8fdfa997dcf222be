import { type Effect, problemDocument, type Refusal } from '../core/errors.ts';

/**
 * A refusal as `application/problem+json` (RFC 9457).
 * @param effect whether a request that was to change something may have; undefined: it was not to
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

/**
 * A JSON answer with an entity tag: 304 without a body where the client holds it (RFC 9110 §13.1.2, weak comparison).
 * @param tag opaque, unquoted
 */
export function taggedJson(request: Request, tag: string, body: () => string): Response {
  const headers = { etag: `"${tag}"`, 'cache-control': 'no-cache' };
  if (holdsTag(request.headers.get('if-none-match'), tag))
    return new Response(null, { status: 304, headers });
  return new Response(body(), { headers: { ...headers, 'content-type': 'application/json' } });
}

/** Whether `If-None-Match` lists the tag. */
export function holdsTag(ifNoneMatch: string | null | undefined, tag: string): boolean {
  if (ifNoneMatch === null || ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((held) => {
    const entry = held.trim();
    return entry === '*' || entry.replace(/^W\//, '') === `"${tag}"`;
  });
}

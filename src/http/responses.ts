import { createHash } from 'node:crypto';
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
 * It is never compressed: logs and messages, in which others choose the text, may stand beside secrets.
 * @param tag opaque, unquoted
 */
export function taggedJson(request: Request, tag: string, body: string): Response {
  const common = { 'cache-control': 'no-cache' };
  const held = heldTag(request.headers.get('if-none-match'), tag);
  if (held !== undefined) return new Response(null, { status: 304, headers: { ...common, etag: held } });
  return new Response(body, { headers: { ...common, etag: `"${tag}"`, 'content-type': 'application/json' } });
}

/** An entity tag, unquoted, for content that says itself which version it is. */
export function tagOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('base64url').slice(0, 22);
}

/** The form in which `If-None-Match` lists the tag, weak or strong; undefined: it does not. */
export function heldTag(ifNoneMatch: string | null, tag: string): string | undefined {
  const strong = `"${tag}"`;
  const held = (ifNoneMatch ?? '').split(',').map((entry) => entry.trim());
  if (held.includes('*')) return strong;
  return held.find((entry) => entry.replace(/^W\//, '') === strong);
}

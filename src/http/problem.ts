import { type ProblemCode, problemDocument } from '../core/errors.ts';

export interface ProblemOptions {
  /** One sentence on this very case. */
  readonly detail?: string;
  /** Seconds after which another try makes sense. */
  readonly retryAfterS?: number;
  /** How to authenticate, with a 401. */
  readonly challenge?: string;
  /** Of a request that was to change something: whether it may have. */
  readonly effect?: 'none' | 'unknown';
}

/** An HTTP answer that says what was wrong: `application/problem+json` (RFC 9457). */
export function problemResponse(code: ProblemCode, options: ProblemOptions = {}): Response {
  const document = problemDocument(code, options);
  const headers = new Headers({ 'content-type': 'application/problem+json' });
  if (options.retryAfterS !== undefined) headers.set('retry-after', String(options.retryAfterS));
  // RFC 9110 §15.5.22: a 426 says what to upgrade to.
  if (document.status === 426) {
    headers.set('upgrade', 'websocket');
    headers.set('connection', 'Upgrade');
  }
  if (options.challenge !== undefined) headers.set('www-authenticate', options.challenge);
  return new Response(JSON.stringify(document), { status: document.status, headers });
}

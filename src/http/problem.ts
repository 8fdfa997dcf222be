import { type ProblemCode, problemDocument } from '../core/errors.ts';

export interface ProblemOptions {
  /** One sentence on this very case. */
  readonly detail?: string;
  /** Seconds after which another try makes sense. */
  readonly retryAfterS?: number;
}

/** An HTTP answer that says what was wrong: `application/problem+json` (RFC 9457). */
export function problemResponse(code: ProblemCode, options: ProblemOptions = {}): Response {
  const document = problemDocument(code, options.detail);
  const headers = new Headers({ 'content-type': 'application/problem+json' });
  if (options.retryAfterS !== undefined) headers.set('retry-after', String(options.retryAfterS));
  return new Response(JSON.stringify(document), { status: document.status, headers });
}

/**
 * A JSON answer with an entity tag: 304 without a body where the client holds this very state
 * (RFC 9110 §13.1.2, weak comparison).
 *
 * @param tag opaque, unquoted
 */
export function taggedJson(request: Request, tag: string, body: () => string): Response {
  const headers = { etag: `"${tag}"`, 'cache-control': 'no-cache' };
  if (holds(request.headers.get('if-none-match'), tag)) return new Response(null, { status: 304, headers });
  return new Response(body(), { headers: { ...headers, 'content-type': 'application/json' } });
}

function holds(ifNoneMatch: string | null, tag: string): boolean {
  if (ifNoneMatch === null) return false;
  return ifNoneMatch.split(',').some((held) => {
    const entry = held.trim();
    return entry === '*' || entry.replace(/^W\//, '') === `"${tag}"`;
  });
}

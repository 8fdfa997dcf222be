/**
 * A JSON answer with an entity tag: 304 without a body where the client holds this very state
 * (RFC 9110 §13.1.2, weak comparison).
 *
 * @param tag opaque, unquoted
 */
export function taggedJson(request: Request, tag: string, body: () => string): Response {
  const headers = { etag: `"${tag}"`, 'cache-control': 'no-cache' };
  if (holdsTag(request.headers.get('if-none-match'), tag))
    return new Response(null, { status: 304, headers });
  return new Response(body(), { headers: { ...headers, 'content-type': 'application/json' } });
}

/** Whether a client holds what has this tag, by what its `If-None-Match` says. */
export function holdsTag(ifNoneMatch: string | null | undefined, tag: string): boolean {
  if (ifNoneMatch === null || ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((held) => {
    const entry = held.trim();
    return entry === '*' || entry.replace(/^W\//, '') === `"${tag}"`;
  });
}

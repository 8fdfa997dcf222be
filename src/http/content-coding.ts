import { parseAccept } from 'hono/utils/accept';

export type Coding = 'br' | 'gzip';

/**
 * The content coding that a client prefers of those offered; undefined: none, the content as it is (RFC 9110 §12.5.3).
 *
 * @param acceptEncoding without it nothing is compressed: there are clients that ask for nothing and can read nothing
 * @param offered the best first, which goes where several are preferred alike
 */
export function chooseCoding(
  acceptEncoding: string | null | undefined,
  offered: readonly Coding[],
): Coding | undefined {
  const accepted = new Map(parseAccept(acceptEncoding ?? '').map(({ type, q }) => [type.toLowerCase(), q]));
  let best: Coding | undefined;
  // Plain content is acceptable without being named, and preferred only where that is said.
  let bestWeight = accepted.get('identity') ?? 0;
  for (const coding of offered) {
    const weight = accepted.get(coding) ?? accepted.get('*') ?? 0;
    if (weight === 0 || weight < bestWeight || (best !== undefined && weight === bestWeight)) continue;
    best = coding;
    bestWeight = weight;
  }
  return best;
}

/**
 * The `Accept-Encoding` that counts for what not everybody may read: none where the request came with cookies. Another
 * site's page can have a browser send such requests, and guess at secrets by the length of what comes back compressed
 * (BREACH).
 */
export function acceptedForSecrets({ headers }: Request): string | null {
  return headers.has('cookie') ? null : headers.get('accept-encoding');
}

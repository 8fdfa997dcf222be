import { isOwnPage, isSameHost } from './own-page.ts';

export interface CookieRequest {
  /** The `Origin` header. */
  readonly origin: string | undefined;
  /** The `Host` header. */
  readonly host: string | undefined;
  /** The `Sec-Fetch-Site` header: browsers alone can set it, and pages cannot. */
  readonly fetchSite?: string | undefined;
  /** `ALLOWED_ORIGINS`. */
  readonly allowedOrigins: '*' | readonly string[];
}

/**
 * Whether a request whose token came by cookie may use it. The browser attaches a cookie whichever page asks, so
 * unlike the other places it proves nothing about the page (CSRF, cross-site WebSocket hijacking): the page
 * must be on the list, or where there is none, come from the host it talks to.
 *
 * Without `Origin` the answer is no, but for one case: browsers leave it out of a page's plain GET to its own
 * origin, and say so in `Sec-Fetch-Site`.
 */
export function cookieOriginAllowed({ origin, host, fetchSite, allowedOrigins }: CookieRequest): boolean {
  if (origin === undefined) return fetchSite === 'same-origin';
  if (allowedOrigins !== '*') return isListed(origin, allowedOrigins);
  return host !== undefined && isSameHost(origin, host);
}

/**
 * Whether a request without a token may change something, where nobody needs one: from no page at all, from one of
 * the gateway's own, or from one on the list. `*` lists none: any page that an operator opens could command else.
 */
export function anonymousMayChange({
  origin,
  host,
  allowedOrigins,
}: Omit<CookieRequest, 'fetchSite'>): boolean {
  if (origin === undefined) return true;
  const listed = allowedOrigins === '*' ? [] : allowedOrigins;
  return isListed(origin, listed) || (host !== undefined && isOwnPage(origin, host, listed));
}

function isListed(origin: string, allowedOrigins: readonly string[]): boolean {
  return allowedOrigins.some((allowed) => allowed.toLowerCase() === origin.toLowerCase());
}

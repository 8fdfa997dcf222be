import { Refusal } from '../core/errors.ts';
import { type CredentialRequest, readHeader } from './credentials.ts';
import { type HostName, isAddress, isLoopbackName, readHost } from './host-name.ts';
import { type OriginPattern, readOrigin, readOriginPattern } from './origin-pattern.ts';

export interface OriginOptions {
  /** `ALLOWED_ORIGINS`. */
  readonly allowed: '*' | readonly string[];
  /** `ALLOWED_HOSTS`; undefined: not set. */
  readonly hosts: readonly string[] | undefined;
  /** Whether the gateway listens on a loopback address only. */
  readonly onLoopback: boolean;
  /** `TRUST_PROXY`: above 0 the name that was asked for is in `X-Forwarded-Host`. */
  readonly trustedProxies: number;
}

/**
 * What pages may do, by the page they are (`Origin`) and by the name that they ask (`Host`). Programs that are no
 * browser send no `Origin`: nothing is kept from them here.
 */
export interface Origins {
  /** Whether the gateway may be asked by this name: a name can be made to mean this machine (DNS rebinding). */
  allowsHost(request: CredentialRequest): boolean;
  /** Whether the name is certainly the gateway's: an address, a loopback name, listed, or that of a listed origin. */
  isOurName(request: CredentialRequest): boolean;
  /** Whether the page may connect and read: it is listed, or certainly the gateway's own. */
  mayRead(request: CredentialRequest): boolean;
  /**
   * Whether a request without a token may change something, where nobody needs one: from no page at all, from one of
   * the gateway's own, or from one on the list. `*` lists none: any page that an operator opens could command else.
   */
  mayChange(request: CredentialRequest): boolean;
  /**
   * Whether a request whose token came by cookie may use it. The browser attaches a cookie whichever page asks, so
   * unlike the other places it proves nothing about the page (CSRF, cross-site WebSocket hijacking): the page must be
   * on the list, or where there is none, come from the host it talks to.
   *
   * Without `Origin` the answer is no, but for one case: browsers leave it out of a page's plain GET to its own
   * origin, and say so in `Sec-Fetch-Site`.
   */
  mayUseCookie(request: CredentialRequest): boolean;
}

/** Of who asks by a name that is not the gateway's. */
export const hostRefused = new Refusal('HOST_REFUSED', { detail: 'see ALLOWED_HOSTS' });
/** Of a page that may not read. */
export const originRefused = new Refusal('ORIGIN_REFUSED', { detail: 'see ALLOWED_ORIGINS' });

export function createOrigins({ allowed, hosts, onLoopback, trustedProxies }: OriginOptions): Origins {
  const listed = (allowed === '*' ? [] : allowed)
    .map(readOriginPattern)
    .filter((pattern): pattern is OriginPattern => typeof pattern !== 'string');
  const names = new Set(hosts?.map((entry) => readHost(entry)?.name));
  const checksHosts = hosts !== undefined || onLoopback;

  const isListed = (origin: string): boolean => listed.some((pattern) => pattern.matches(origin));
  const isOurs = (name: string): boolean =>
    isAddress(name) ||
    isLoopbackName(name) ||
    names.has(name) ||
    listed.some((pattern) => pattern.hasHost(name));

  /** The name that the client asked; undefined: it gave none. `invalid`: what it gave is no name. */
  const hostOf = (request: CredentialRequest): HostName | 'invalid' | undefined => {
    const forwarded = trustedProxies > 0 ? readHeader(request, 'x-forwarded-host') : undefined;
    // Each proxy adds its own behind those of the ones before it, where it does not put the first's in its place.
    const names = forwarded?.split(',') ?? [];
    const text = (names.at(-trustedProxies) ?? names[0])?.trim() || readHeader(request, 'host');
    return text === undefined || text === '' ? undefined : (readHost(text) ?? 'invalid');
  };

  /**
   * Page and host where their names are the same. Schemes are not compared: behind a proxy that ends TLS only the
   * browser knows it.
   */
  const sameName = (origin: string, request: CredentialRequest) => {
    const [page, host] = [readOrigin(origin), hostOf(request)];
    if (page === undefined || host === undefined || host === 'invalid') return undefined;
    return readHost(page.hostname)?.name === host.name ? { page, host } : undefined;
  };
  /** A proxy may leave the port out of `Host`, or put its own in. */
  const isOwn = (origin: string, request: CredentialRequest): boolean => {
    const same = sameName(origin, request);
    if (same === undefined || !isOurs(same.host.name)) return false;
    const { page, host } = same;
    return page.port === '' || host.port === '' || page.port === host.port;
  };
  /** Cookies are sent whatever the port, which another program of the same machine may have. */
  const isExactlySame = (origin: string, request: CredentialRequest): boolean => {
    const same = sameName(origin, request);
    if (same === undefined) return false;
    const target = `${same.page.protocol}//host:${same.host.port}`;
    return URL.canParse(target) && new URL(target).port === same.page.port;
  };

  const isOurName = (request: CredentialRequest): boolean => {
    const host = hostOf(request);
    return host === undefined || (host !== 'invalid' && isOurs(host.name));
  };
  const mayChange = (request: CredentialRequest): boolean => {
    const origin = readHeader(request, 'origin');
    return origin === undefined || isListed(origin) || isOwn(origin, request);
  };
  return {
    allowsHost: (request) => !checksHosts || isOurName(request),
    isOurName,
    mayRead: (request) => allowed === '*' || mayChange(request),
    mayChange,
    mayUseCookie(request) {
      const origin = readHeader(request, 'origin');
      if (origin === undefined) return readHeader(request, 'sec-fetch-site') === 'same-origin';
      return allowed === '*' ? isExactlySame(origin, request) : isListed(origin);
    },
  };
}

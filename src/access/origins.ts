import { isIP } from 'node:net';
import { Refusal } from '../core/errors.ts';
import { type CredentialRequest, readHeader } from './credentials.ts';
import { type HostName, isLoopbackName, readHost } from './host-name.ts';
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
 * What pages may do, by `Origin` and `Host`. Programs other than browsers send no `Origin`, and are not restricted
 * here.
 */
export class Origins {
  readonly #allowsAll: boolean;
  readonly #listed: readonly OriginPattern[];
  readonly #names: ReadonlySet<string | undefined>;
  readonly #checksHosts: boolean;
  readonly #trustedProxies: number;

  constructor({ allowed, hosts, onLoopback, trustedProxies }: OriginOptions) {
    this.#allowsAll = allowed === '*';
    this.#listed = (allowed === '*' ? [] : allowed)
      .map(readOriginPattern)
      .filter((pattern): pattern is OriginPattern => typeof pattern !== 'string');
    this.#names = new Set(hosts?.map((entry) => readHost(entry)?.name));
    this.#checksHosts = hosts !== undefined || onLoopback;
    this.#trustedProxies = trustedProxies;
  }

  /** Whether the `Host` is acceptable: any name can be made to resolve to this machine (DNS rebinding). */
  allowsHost(request: CredentialRequest): boolean {
    return !this.#checksHosts || this.isOurName(request);
  }

  /** Whether the `Host` is certainly the gateway's: an address, a loopback name, listed, or of a listed origin. */
  isOurName(request: CredentialRequest): boolean {
    const host = this.#hostOf(request);
    return host === undefined || (host !== 'invalid' && this.#isOurs(host.name));
  }

  /** The answer where `allowsHost` says no. */
  hostRefusal(request: CredentialRequest): Refusal {
    const host = this.#hostOf(request);
    const named = host === undefined || host === 'invalid' ? 'a name' : `"${host.name}"`;
    return new Refusal('HOST_REFUSED', {
      detail: `if the gateway is to be reached by ${named}, add it to ALLOWED_HOSTS`,
    });
  }

  /** Whether the page may connect and read: it is listed, or certainly the gateway's own. */
  mayRead(request: CredentialRequest): boolean {
    return this.#allowsAll || this.mayChange(request);
  }

  /** The answer where `mayRead` says no. */
  originRefusal(request: CredentialRequest): Refusal {
    // As it was read: the header itself may hold anything.
    const page = readOrigin(readHeader(request, 'origin') ?? '');
    return new Refusal('ORIGIN_REFUSED', {
      detail:
        page === undefined
          ? 'a page without an address, such as a file or a sandboxed frame, cannot be listed in ALLOWED_ORIGINS'
          : `if its pages are to connect, add "${page.protocol}//${page.host}" to ALLOWED_ORIGINS`,
    });
  }

  /**
   * Whether a request without a token may change something, where nobody needs one: from no page at all, from one of
   * the gateway's own, or from one on the list. `*` lists none: any page that an operator opens could command else.
   */
  mayChange(request: CredentialRequest): boolean {
    const origin = readHeader(request, 'origin');
    return origin === undefined || this.#isListed(origin) || this.#isOwn(origin, request);
  }

  /**
   * Whether a request whose token came by cookie may use it. The browser attaches a cookie whichever page asks, so
   * unlike the other places it proves nothing about the page (CSRF, cross-site WebSocket hijacking): the page must be
   * on the list, or where there is none, come from the host it talks to.
   *
   * Without `Origin` the answer is no, but for one case: browsers leave it out of a page's plain GET to its own
   * origin, and say so in `Sec-Fetch-Site`.
   */
  mayUseCookie(request: CredentialRequest): boolean {
    const origin = readHeader(request, 'origin');
    if (origin === undefined) return readHeader(request, 'sec-fetch-site') === 'same-origin';
    return this.#allowsAll ? this.#isExactlySame(origin, request) : this.#isListed(origin);
  }

  #isListed(origin: string): boolean {
    const page = readOrigin(origin);
    return page !== undefined && this.#listed.some((pattern) => pattern.matches(page));
  }

  #isOurs(name: string): boolean {
    return (
      isIP(name) !== 0 ||
      isLoopbackName(name) ||
      this.#names.has(name) ||
      this.#listed.some((pattern) => pattern.hasHost(name))
    );
  }

  /** The host that the client addressed; undefined: none was given. */
  #hostOf(request: CredentialRequest): HostName | 'invalid' | undefined {
    const forwarded = this.#trustedProxies > 0 ? readHeader(request, 'x-forwarded-host') : undefined;
    // Each proxy appends its own to those of the proxies before it, or forwards only the first's.
    const names = forwarded?.split(',') ?? [];
    const text = (names.at(-this.#trustedProxies) ?? names[0])?.trim() || readHeader(request, 'host');
    return text === undefined || text === '' ? undefined : (readHost(text) ?? 'invalid');
  }

  /**
   * Page and host where their names are the same. Schemes are not compared: behind a proxy that ends TLS only the
   * browser knows it.
   */
  #sameName(origin: string, request: CredentialRequest) {
    const [page, host] = [readOrigin(origin), this.#hostOf(request)];
    if (page === undefined || host === undefined || host === 'invalid') return undefined;
    return readHost(page.hostname)?.name === host.name ? { page, host } : undefined;
  }

  /** A proxy may drop the port from `Host`, or put in its own. */
  #isOwn(origin: string, request: CredentialRequest): boolean {
    const same = this.#sameName(origin, request);
    if (same === undefined || !this.#isOurs(same.host.name)) return false;
    const { page, host } = same;
    return page.port === '' || host.port === '' || page.port === host.port;
  }

  /** Ports count: cookies are sent to all of them, and another program of the machine may have one. */
  #isExactlySame(origin: string, request: CredentialRequest): boolean {
    const same = this.#sameName(origin, request);
    if (same === undefined) return false;
    const target = `${same.page.protocol}//host:${same.host.port}`;
    return URL.canParse(target) && new URL(target).port === same.page.port;
  }
}

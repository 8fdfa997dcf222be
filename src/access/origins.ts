import { isIP } from 'node:net';
import { Refusal } from '../core/errors.ts';
import { type CredentialRequest, readHeader } from './credentials.ts';

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

export const hostRefused = new Refusal('HOST_REFUSED', { detail: 'see ALLOWED_HOSTS' });
export const originRefused = new Refusal('ORIGIN_REFUSED', { detail: 'see ALLOWED_ORIGINS' });

/**
 * What pages may do, by `Origin` and `Host`. Programs that are no browser send no `Origin`, and nothing is kept from
 * them here.
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

  /** Whether the page may connect and read: it is listed, or certainly the gateway's own. */
  mayRead(request: CredentialRequest): boolean {
    return this.#allowsAll || this.mayChange(request);
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
    return this.#listed.some((pattern) => pattern.matches(origin));
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

/** Name and port of a `Host` header. */
interface HostName {
  /** In lower case, an IPv6 address without its brackets, a root dot cut. */
  readonly name: string;
  /** `''`: not given. */
  readonly port: string;
}

/** Reads a `Host` header (RFC 9110 §7.2); undefined where it is none. */
function readHost(host: string): HostName | undefined {
  const [, bracketed, plain = '', port = ''] =
    /^(?:\[([^\]]+)\]|([^\s/?#@\\[\]:]+))(?::(\d*))?$/.exec(host) ?? [];
  const name = (bracketed ?? plain).toLowerCase().replace(/(?<=.)\.$/, '');
  return name === '' || (bracketed !== undefined && isIP(bracketed) !== 6) ? undefined : { name, port };
}

/** Names that always mean the machine itself (RFC 6761 §6.3). */
function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

export const hostExamples = 'a list of names such as dash.example.com,telemetry';

/** What is wrong with an entry of `ALLOWED_HOSTS`; undefined: nothing. */
export function hostNameFault(entry: string): string | undefined {
  const host = readHost(entry);
  if (host === undefined || !/^[a-z\d_-]+(\.[a-z\d_-]+)*$|:/.test(host.name)) return 'is not a host name';
  return host.port === '' && !entry.endsWith(':') ? undefined : 'has a port, which is not compared';
}

/** An entry of `ALLOWED_ORIGINS`. */
interface OriginPattern {
  /** @param origin the `Origin` header */
  matches(origin: string): boolean;
  /** Whether it names a host. @param hostname in lower case */
  hasHost(hostname: string): boolean;
}

export const originExamples =
  '*, or a list such as https://dash.example.com,https://*.example.com,http://localhost:5173';

/**
 * Reads an entry of `ALLOWED_ORIGINS`: an origin as browsers send it (RFC 6454 §6.2), with `*.` for one label or more
 * before at least two others, which never is the bare domain; or one of a scheme of its own, with its host
 * (`capacitor://localhost`, `chrome-extension://<id>`).
 *
 * @returns what is wrong with it, where it can match nothing that a browser sends
 */
export function readOriginPattern(entry: string): OriginPattern | string {
  const text = entry.toLowerCase();
  const [, scheme = '', wildcard, rest = ''] = /^([a-z][a-z\d+.-]*):\/\/(\*\.)?(.+)$/.exec(text) ?? [];
  if (rest === '') return 'is not an origin: it has no scheme and host';
  if (rest.includes('*')) return 'has a * that is not the first label of its host';
  if (scheme === 'file' || scheme === 'data' || scheme === 'blob' || scheme === 'about')
    return 'is not an origin: browsers send null for it';
  if (!URL.canParse(`${scheme}://${rest}`)) return 'is not an origin';
  const { host, hostname, port, href } = new URL(`${scheme}://${rest}`);
  const isWeb = scheme === 'http' || scheme === 'https';
  if (host !== rest || !`${href}/`.startsWith(`${scheme}://${host}/`)) {
    return isWeb && host !== '' && !/[/?#@]/.test(rest)
      ? `is not as browsers send it: that is ${scheme}://${wildcard ?? ''}${host}`
      : 'is not an origin: it has more than scheme, host and port';
  }
  if (wildcard === undefined) {
    return { matches: (origin) => origin.toLowerCase() === text, hasHost: (name) => name === hostname };
  }
  if (isIP(hostname) !== 0) return 'has a * before an address';
  if (!/^[^.]+\.[^.]/.test(hostname)) return 'needs two labels behind the *, such as https://*.example.com';
  const isBelow = (name: string): boolean =>
    name.length > hostname.length + 1 && name.endsWith(`.${hostname}`);
  return {
    matches(origin) {
      const page = readOrigin(origin);
      return page?.protocol === `${scheme}:` && page.port === port && isBelow(page.hostname);
    },
    hasHost: isBelow,
  };
}

/** An `Origin` header as a URL; undefined where it is none, `null` among them, or more than scheme, host and port. */
function readOrigin(origin: string): URL | undefined {
  const text = origin.toLowerCase();
  if (!/^[a-z][a-z\d+.-]*:\/\/[^/?#@\\\s,]+$/.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text);
}

import { isIP } from 'node:net';

/** An entry of `ALLOWED_ORIGINS`. */
export interface OriginPattern {
  /** @param page the origin of a page, from `readOrigin` */
  matches(page: URL): boolean;
  /** Whether it names a host. @param name in lower case, without a root dot */
  hasHost(name: string): boolean;
}

export const originExamples =
  '*, or a list such as https://dash.example.com,https://*.example.com,http://localhost:5173';
export const frameExamples = 'a list of origins such as https://portal.example.com,https://*.example.com';

/** Schemes whose pages have an origin that browsers do not send, or that pages never have, and what they send. */
const withoutOrigin: Readonly<Record<string, string>> = {
  file: 'null',
  data: 'null',
  about: 'null',
  blob: 'the origin of the page that made it',
  javascript: 'the origin of the page that has it',
  ws: 'the http: origin of the page',
  wss: 'the https: origin of the page',
  ftp: 'no page at all',
};

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
  const sent = withoutOrigin[scheme];
  if (sent !== undefined) return `is not an origin: browsers send ${sent} for it`;
  if (!URL.canParse(`${scheme}://${rest}`)) return 'is not an origin';
  const { host, hostname, port, href, protocol } = new URL(`${scheme}://${rest}`);
  const isWeb = scheme === 'http' || scheme === 'https';
  if (host !== rest || !`${href}/`.startsWith(`${scheme}://${host}/`)) {
    return isWeb && host !== '' && !/[/?#@]/.test(rest)
      ? `is not as browsers send it: that is ${scheme}://${wildcard ?? ''}${host}`
      : 'is not an origin: it has more than scheme, host and port';
  }
  if (!isHostName(hostname)) return 'has a host that is no name and no address';
  if (port === '0') return 'has the port 0, where nothing listens';
  if (wildcard !== undefined && isIP(hostname) !== 0) return 'has a * before an address';
  if (wildcard !== undefined && !/^[^.]+\.[^.]/.test(hostname)) {
    return 'needs two labels behind the *, such as https://*.example.com';
  }
  const covers = wildcard === undefined ? (name: string) => name === hostname : below(hostname);
  return {
    matches: (page) => page.protocol === protocol && page.port === port && covers(page.hostname),
    // The root dot of an entry counts for pages only.
    hasHost: (name) => covers(name) || covers(`${name}.`),
  };
}

/** What is wrong with an entry of `ALLOW_FRAMES`; undefined: nothing. */
export function frameFault(entry: string): string | undefined {
  if (entry === '*') return 'would let every page lay itself over the buttons of this one';
  const pattern = readOriginPattern(entry);
  if (typeof pattern === 'string') return pattern;
  // What browsers cannot read in a policy matches nothing (CSP 3 §2.3.1).
  return /[[_]/.test(entry)
    ? 'has a host that browsers cannot compare with: no IPv6 address, no _'
    : undefined;
}

/** An `Origin` header as a URL; undefined where it is none, `null` among them, or more than scheme, host and port. */
export function readOrigin(origin: string): URL | undefined {
  const text = origin.toLowerCase();
  if (!/^[a-z][a-z\d+.-]{0,30}:\/\/[^/?#@\\\s,]{1,260}$/.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text);
}

/** Names by labels, a root dot among them, and IPv6 addresses in brackets. @param host in lower case */
export function isHostName(host: string): boolean {
  return /^[a-z\d_-]+(\.[a-z\d_-]+)*\.?$|^\[[a-f\d:.]+\]$/.test(host);
}

function below(domain: string): (name: string) => boolean {
  return (name) => name.length > domain.length + 1 && name.endsWith(`.${domain}`);
}

import { isIP } from 'node:net';

/** Origins of a list: those that one entry stands for. */
export interface OriginPattern {
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
export function readOrigin(origin: string): URL | undefined {
  const text = origin.toLowerCase();
  if (!/^[a-z][a-z\d+.-]*:\/\/[^/?#@\\\s,]+$/.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text);
}

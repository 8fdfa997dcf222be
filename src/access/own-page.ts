import { isIP } from 'node:net';

/**
 * Whether a page is of the host that it talks to. The scheme is not compared: behind a proxy that ends TLS only the
 * browser knows it.
 *
 * @param origin the `Origin` header
 * @param host the `Host` header
 */
export function isSameHost(origin: string, host: string): boolean {
  if (!URL.canParse(origin) || /[\s/?#@\\]/.test(host)) return false;
  const page = new URL(origin);
  // Reading the host with the page's scheme makes `example.com:443` and `https://example.com` equal.
  const target = `${page.protocol}//${host}`;
  return page.host !== '' && URL.canParse(target) && new URL(target).host === page.host;
}

/**
 * Whether a page is certainly the gateway's own. That its host is the one that it talks to is not enough: whoever has
 * a name can let it mean this machine (DNS rebinding). An address, a loopback name, or that of a listed origin it
 * takes besides.
 */
export function isOwnPage(origin: string, host: string, listed: readonly string[]): boolean {
  if (!isSameHost(origin, host)) return false;
  const { hostname } = new URL(origin);
  const isAddress = isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
  const isLoopback = hostname === 'localhost' || hostname.endsWith('.localhost');
  return (
    isAddress ||
    isLoopback ||
    listed.some((other) => URL.canParse(other) && new URL(other).hostname === hostname)
  );
}

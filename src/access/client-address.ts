import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * The address a request came from. Behind proxies it is the `X-Forwarded-For` entry that the outermost trusted
 * one wrote; entries further left are the client's own claims.
 *
 * @param trustedProxies how many proxies in front of us append to the header; 0: it is ignored
 */
export function clientAddress(request: IncomingMessage, trustedProxies: number): string {
  const peer = unmapped(request.socket.remoteAddress ?? 'unknown');
  if (trustedProxies === 0) return peer;
  const header = request.headers['x-forwarded-for'];
  const entries = (Array.isArray(header) ? header.join(',') : (header ?? ''))
    .split(',')
    .map((entry) => entry.trim());
  const entry = entries.at(-trustedProxies) ?? '';
  return isIP(entry) === 0 ? peer : unmapped(entry);
}

/** An IPv4 address in IPv6 clothes (`::ffff:192.0.2.1`) is the same client as without. */
function unmapped(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

import { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { type CredentialRequest, readHeader } from './credentials.ts';

/** Address of a client. */
export interface ClientAddress {
  /** For logs; `unknown` where the connection has ended. */
  readonly address: string;
  /** Key by which one client is counted: the address, of IPv6 the /64 that a customer has at least (RFC 6177). */
  readonly group: string;
  /** Whether many clients may share it: it is of this machine or of a proxy nearby, and no proxy is trusted. */
  readonly mayBeMany: boolean;
  /** Whether there is a proxy in front that names no client, or is not trusted. */
  readonly isForwardedUnread: boolean;
}

/** What is known of a client without its token. */
export interface Visitor extends ClientAddress {
  readonly userAgent: string | undefined;
}

const maxUserAgent = 200;
const unknown = { address: 'unknown', group: 'unknown', mayBeMany: true, isForwardedUnread: false };

/** Finds address and user agent of a request, WebSocket handshakes and plain HTTP alike. */
export class Visitors {
  readonly #trustedProxies: number;
  readonly #incoming = new WeakMap<object, IncomingMessage>();

  /** @param trustedProxies `TRUST_PROXY` */
  constructor(trustedProxies: number) {
    this.#trustedProxies = trustedProxies;
  }

  /** Remembers which message a Fetch request was made of: it knows no socket. */
  note(request: object, incoming: IncomingMessage): void {
    this.#incoming.set(request, incoming);
  }

  of(request: CredentialRequest): Visitor {
    const incoming = request instanceof IncomingMessage ? request : this.#incoming.get(request);
    const userAgent = readHeader(request, 'user-agent')?.slice(0, maxUserAgent);
    return incoming === undefined
      ? { ...unknown, userAgent }
      : { ...clientAddress(incoming, this.#trustedProxies), userAgent };
  }
}

/**
 * The address a request came from. Behind proxies it is the `X-Forwarded-For` entry that the outermost trusted
 * one wrote; entries further left are the client's own claims.
 *
 * @param trustedProxies how many proxies in front of us append to the header; 0: it is ignored
 */
export function clientAddress(request: IncomingMessage, trustedProxies: number): ClientAddress {
  const peer = unmapped(request.socket.remoteAddress ?? 'unknown');
  const header = request.headers['x-forwarded-for'];
  const entries = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',');
  const forwarded = trustedProxies === 0 ? undefined : readEntry(entries.at(-trustedProxies) ?? '');
  const address = forwarded ?? peer;
  return {
    address,
    group: groupOf(address),
    mayBeMany: trustedProxies === 0 && (isLoopback(peer) || (header !== undefined && isPrivate(peer))),
    isForwardedUnread: forwarded === undefined && (header !== undefined || trustedProxies > 0),
  };
}

/** Key by which the sockets of one peer are counted; undefined where many clients may be behind it. */
export function peerGroup(remoteAddress: string | undefined): string | undefined {
  const address = unmapped(remoteAddress ?? '');
  return isIP(address) === 0 || isLoopback(address) ? undefined : groupOf(address);
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** Private networks (RFC 1918, 4193, 6598, 3927, 4291). */
const privateNetworks = new BlockList();
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
] as const)
  privateNetworks.addSubnet(network, prefix);
privateNetworks.addSubnet('fc00::', 7, 'ipv6');
privateNetworks.addSubnet('fe80::', 10, 'ipv6');

function isPrivate(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && privateNetworks.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** Reads an entry with or without a port, an IPv6 address with or without brackets, or quoted. */
function readEntry(entry: string): string | undefined {
  const text = entry.trim().replace(/^"(.*)"$/, '$1');
  const [, bracketed, withPort] = /^\[([^\]]*)\](?::\d+)?$|^([\d.]+):\d+$/.exec(text) ?? [];
  const address = (bracketed ?? withPort ?? text).replace(/%.*$/, '');
  return isIP(address) === 0 ? undefined : unmapped(address);
}

/** An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) as IPv4. */
function unmapped(address: string): string {
  if (isIP(address) !== 6) return address;
  const words = wordsOf(address);
  if (words.slice(0, 5).some((word) => word !== 0) || words[5] !== 0xffff) return address;
  return [words[6] ?? 0, words[7] ?? 0].flatMap((word) => [word >> 8, word & 0xff]).join('.');
}

function groupOf(address: string): string {
  if (isIP(address) !== 6 || isLoopback(address)) return address;
  const network = wordsOf(address).slice(0, 4);
  return `${network.map((word) => word.toString(16)).join(':')}::/64`;
}

/** The eight numbers of an IPv6 address (RFC 4291 §2.2). */
function wordsOf(address: string): number[] {
  // The URL parser writes an IPv4 tail in hexadecimal, too.
  const bare = new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname.slice(1, -1);
  const [head = [], tail = []] = bare
    .split('::')
    .map((part) => part.split(':').filter((word) => word !== ''));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].map((word) => Number.parseInt(word, 16));
}

import { isIP } from 'node:net';
import { isHostName } from './origin-pattern.ts';

/** Name and port of a `Host` header. */
export interface HostName {
  /** As browsers write it: in lower case, Punycode, addresses in their one form, without brackets; a root dot cut. */
  readonly name: string;
  /** `''`: not given. */
  readonly port: string;
}

/** Reads a `Host` header (RFC 9110 §7.2); undefined where it is none, or longer than names are (RFC 1035 §2.3.4). */
export function readHost(host: string): HostName | undefined {
  const [, text = '', port = ''] = /^(\[[^\]]+\]|[^\s/?#@\\[\]:]{1,254})(?::(\d*))?$/.exec(host) ?? [];
  // Programs may name the interface of an address (RFC 6874), too.
  const url = `http://${text.replace(/%[^\]]*\]$/, ']')}`;
  if (text === '' || !URL.canParse(url)) return undefined;
  const name = new URL(url).hostname.replace(/^\[|\]$|(?<=.)\.$/g, '');
  return { name, port };
}

/** Names that always mean the machine itself (RFC 6761 §6.3). */
export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

export const hostExamples = 'a list of names such as dash.example.com,telemetry';

/** What is wrong with an entry of `ALLOWED_HOSTS`; undefined: nothing. */
export function hostNameFault(entry: string): string | undefined {
  const host = readHost(entry);
  if (host === undefined || (isIP(host.name) === 0 && !isHostName(host.name))) return 'is not a host name';
  return host.port === '' && !entry.endsWith(':') ? undefined : 'has a port, which is not compared';
}

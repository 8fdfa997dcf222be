import { isIP } from 'node:net';

/** Name and port of a `Host` header. */
export interface HostName {
  /** In lower case, an IPv6 address without its brackets, a root dot cut. */
  readonly name: string;
  /** `''`: not given. */
  readonly port: string;
}

/** Reads a `Host` header (RFC 9110 §7.2); undefined where it is none. */
export function readHost(host: string): HostName | undefined {
  const [, bracketed, plain = '', port = ''] =
    /^(?:\[([^\]]+)\]|([^\s/?#@\\[\]:]+))(?::(\d*))?$/.exec(host) ?? [];
  const name = (bracketed ?? plain).toLowerCase().replace(/(?<=.)\.$/, '');
  return name === '' || (bracketed !== undefined && isIP(bracketed) !== 6) ? undefined : { name, port };
}

/** Names that mean the machine that asks, wherever they are asked for (RFC 6761 §6.3). */
export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

export function isAddress(name: string): boolean {
  return isIP(name) !== 0;
}

export const hostExamples = 'a list of names such as dash.example.com,telemetry';

/** What is wrong with an entry of `ALLOWED_HOSTS`; undefined: nothing. */
export function hostNameFault(entry: string): string | undefined {
  const host = readHost(entry);
  if (host === undefined || !/^[a-z\d_-]+(\.[a-z\d_-]+)*$|:/.test(host.name)) return 'is not a host name';
  return host.port === '' && !entry.endsWith(':') ? undefined : 'has a port, which is not compared';
}

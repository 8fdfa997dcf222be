import { type OriginOptions, Origins } from '../../src/access/origins.ts';

/** What pages may do, with the defaults of a gateway that listens everywhere. */
export function originsFor(allowed: OriginOptions['allowed'] = '*', options: Partial<OriginOptions> = {}) {
  return new Origins({ allowed, hosts: undefined, onLoopback: false, trustedProxies: 0, ...options });
}

/** A request with these headers, those that are undefined left out. */
export function pageRequest(headers: Readonly<Record<string, string | undefined>>) {
  return { headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) };
}

import { isOwnPage } from './own-page.ts';

/** Which web origins may connect and read. */
export interface OriginPolicy {
  /**
   * Whether a request with these `Origin` and `Host` headers may go on: from a listed page, or from one of the
   * gateway's own. Programs that are no browser send no `Origin`.
   */
  allows(origin: string | undefined, host: string | undefined): boolean;
}

/** @param allowed `*`, or origins as browsers send them: `https://dash.example.com`, port included if unusual */
export function createOriginPolicy(allowed: '*' | readonly string[]): OriginPolicy {
  if (allowed === '*') return { allows: () => true };
  const origins = new Set(allowed.map((origin) => origin.toLowerCase()));
  return {
    allows: (origin, host) =>
      origin === undefined ||
      origins.has(origin.toLowerCase()) ||
      (host !== undefined && isOwnPage(origin, host, allowed)),
  };
}

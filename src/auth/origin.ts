/** Which web origins may connect and read. */
export interface OriginPolicy {
  /** Whether a request with this `Origin` header may go on. Programs that are no browser send none. */
  allows(origin: string | undefined): boolean;
}

/** @param allowed `*`, or origins as browsers send them: `https://dash.example.com`, port included if unusual */
export function createOriginPolicy(allowed: '*' | readonly string[]): OriginPolicy {
  if (allowed === '*') return { allows: () => true };
  const origins = new Set(allowed.map((origin) => origin.toLowerCase()));
  return { allows: (origin) => origin === undefined || origins.has(origin.toLowerCase()) };
}

import type { IncomingMessage } from 'node:http';
import type { Clock } from '../core/clock.ts';
import { createWarningThrottle, type Log } from '../core/log.ts';
import { ConnectionLimits } from './connection-limits.ts';
import type { Refusal } from './guard.ts';
import { connectionsPossible } from './open-file-limit.ts';
import type { Origins } from './origins.ts';

const limitHints = {
  total: { setting: 'MAX_CONNECTIONS' },
  per_ip: {
    setting: 'MAX_CONNECTIONS_PER_IP',
    hint: 'behind a proxy, set TRUST_PROXY to tell clients apart',
  },
} as const;

/** A place that is given back once, or why there is none. */
export type Entry = { readonly ok: true; readonly release: () => void } | Refusal;

export interface AdmissionOptions {
  /** `MAX_CONNECTIONS`. */
  readonly maxConnections: number;
  /** `MAX_CONNECTIONS_PER_IP`. */
  readonly maxConnectionsPerIp: number;
  /** `TRUST_PROXY`. */
  readonly trustedProxies: number;
}

export interface AdmissionParts {
  readonly origins: Pick<Origins, 'mayRead'>;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Who may connect at all, whatever the dialect: by origin, and while there is room. */
export function createAdmission(
  { maxConnections, maxConnectionsPerIp, trustedProxies }: AdmissionOptions,
  { origins, addressOf, clock, log }: AdmissionParts,
): (request: IncomingMessage) => Entry {
  const limits = new ConnectionLimits({
    maxConnections: boundByOpenFiles(maxConnections, log),
    maxConnectionsPerIp,
    exemptLoopback: trustedProxies === 0,
  });
  const warn = createWarningThrottle(log, clock);
  return (request) => {
    if (!origins.mayRead(request)) {
      return { ok: false, code: 'ORIGIN_REFUSED', detail: 'see ALLOWED_ORIGINS' };
    }
    const address = addressOf(request);
    const admission = limits.admit(address);
    if (admission.ok) return admission;
    warn(admission.reason, { address, ...limitHints[admission.reason] }, 'connection refused');
    return admission.reason === 'total'
      ? { ok: false, code: 'AT_CAPACITY', detail: 'see MAX_CONNECTIONS', retryAfterS: 5 }
      : { ok: false, code: 'TOO_MANY_CONNECTIONS', detail: 'see MAX_CONNECTIONS_PER_IP and TRUST_PROXY' };
  };
}

/** More connections than open files would fail one by one; fewer places are refused with a clear answer. */
function boundByOpenFiles(wanted: number, log: Log): number {
  const possible = connectionsPossible();
  if (possible === undefined || (wanted > 0 && wanted <= possible)) return wanted;
  const hint = 'raise the open-file limit (ulimit -n), or set MAX_CONNECTIONS to what it allows';
  log.warn({ MAX_CONNECTIONS: wanted, possible, hint }, 'connections bounded by the open-file limit');
  return possible;
}

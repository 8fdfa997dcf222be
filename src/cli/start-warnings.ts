import { openFilesFor, withinOpenFiles } from '../access/connection-limits.ts';
import { authEnabled, isLoopbackHost } from '../config/safety.ts';
import type { Log } from '../core/log.ts';
import type { Settings } from '../settings.ts';

/** Dialects that everyone who reaches the port from another machine can read: those that demand no token. */
export function openDialects(settings: Settings): readonly string[] {
  const { HOST, DIALECTS, AUTH_DIALECTS } = settings;
  if (isLoopbackHost(HOST)) return [];
  return authEnabled(settings) ? DIALECTS.filter((name) => !AUTH_DIALECTS.includes(name)) : DIALECTS;
}

/** Warns where strangers can read. */
export function warnOfOpenDoor(settings: Settings, log: Log): void {
  const dialects = openDialects(settings);
  if (dialects.length === 0) return;
  const demand = authEnabled(settings)
    ? 'add them to AUTH_DIALECTS'
    : 'set AUTH_JWT_SECRET, AUTH_PUBLIC_KEY or AUTH_JWKS_URL';
  const hint = `to demand tokens: ${demand}; for this machine only: HOST=127.0.0.1; to keep out foreign web pages, though not programs: ALLOWED_ORIGINS`;
  log.warn({ HOST: settings.HOST, dialects, hint }, 'whoever reaches the port can read');
}

/** Warns where the process may not open as many files as `MAX_CONNECTIONS` takes. */
export function warnOfOpenFiles(settings: Settings, log: Log, limitsFile?: string): void {
  const { MAX_CONNECTIONS: wanted } = settings;
  const hasAuth = authEnabled(settings);
  const possible = withinOpenFiles(wanted, hasAuth, limitsFile);
  if (possible === wanted) return;
  const raised = wanted === 0 ? 'for more: ulimit -n' : `for all: ulimit -n ${openFilesFor(wanted, hasAuth)}`;
  const hint = `${raised} before the start (systemd: LimitNOFILE, compose: ulimits); else MAX_CONNECTIONS=${possible} is what there is`;
  log.warn({ MAX_CONNECTIONS: wanted, possible, hint }, 'connections bounded by the open-file limit');
}

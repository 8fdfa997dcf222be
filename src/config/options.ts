import type { AccessOptions } from '../access/access.ts';
import { Verifier } from '../access/verifier.ts';
import type { HistoryOptions } from '../feed/history.ts';
import type { CoreSettings } from './core-settings.ts';
import { authEnabled, isLoopbackHost, verifierOptions } from './safety.ts';

/** What the core's parts go by, from its settings. */

export function accessOptions(settings: CoreSettings): AccessOptions {
  return {
    allowed: settings.ALLOWED_ORIGINS,
    hosts: settings.ALLOWED_HOSTS,
    onLoopback: isLoopbackHost(settings.HOST),
    trustedProxies: settings.TRUST_PROXY,
    demanding: settings.AUTH_DIALECTS,
    defaultRole: settings.AUTH_DEFAULT_ROLE,
    allowCommands: settings.ALLOW_COMMANDS,
    allowIngest: settings.ALLOW_INGEST,
    maxConnections: settings.MAX_CONNECTIONS,
    maxConnectionsPerIp: settings.MAX_CONNECTIONS_PER_IP,
  };
}

/** Undefined: no auth is configured. */
export function verifierFor(settings: CoreSettings): Verifier | undefined {
  return authEnabled(settings) ? new Verifier(verifierOptions(settings)) : undefined;
}

export function historyOptions(settings: CoreSettings): HistoryOptions {
  return { historySeconds: settings.HISTORY_SECONDS, historyMaxBytes: settings.HISTORY_MAX_BYTES };
}

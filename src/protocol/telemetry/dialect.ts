import { Refusal } from '../../core/errors.ts';
import type { ApiDescription } from '../../http/asyncapi.ts';
import type { TakePath } from '../../http/passthrough.ts';
import type { Handshake, UpgradeRouter } from '../../http/upgrade.ts';
import { createWebSocketAcceptor } from '../../transport/websocket-server.ts';
import { describeTelemetry } from './api.ts';
import { addCommandApi } from './command-api.ts';
import { addHttpApi, type HttpApiDependencies, viewFor } from './http-api.ts';
import type { ViewOptions } from './options.ts';
import { openSession, telemetryTerms } from './sessions.ts';
import { dialect } from './views.ts';

/** Address and id of each endpoint: the same protocol on both. */
const endpoints = [
  ['/', 'telemetry'],
  ['/ws/stream', 'telemetryStream'],
] as const;
const maxMessageBytes = 16 * 1024;
const defaultView: ViewOptions = {
  mode: 'full',
  encoding: 'json',
  interval: 0,
  sections: undefined,
  symbol: undefined,
};

export interface TelemetryDependencies extends HttpApiDependencies {
  readonly upgrades: UpgradeRouter;
  readonly api: ApiDescription;
  /** Whether WebSocket clients that offer permessage-deflate get it. */
  readonly compression: boolean;
}

/**
 * Serves the telemetry dialect: `/` and `/ws/stream`, and its HTTP twins.
 *
 * @returns who answers requests for the engine's own command paths
 */
export function serveTelemetry(dependencies: TelemetryDependencies): TakePath {
  const { upgrades, api, views, access, keepalive, clock, compression } = dependencies;
  // Held for good, so that the view which asks for nothing is there whatever else is in use.
  views.acquire(defaultView, undefined);
  const accept = createWebSocketAcceptor({ maxMessageBytes, clock, compression });
  const terms = telemetryTerms(keepalive);

  const connect = ({ request, socket, head, principal, query }: Handshake): Refusal | undefined => {
    const found = viewFor(query, 'websocket', principal.holder, dependencies);
    if (found instanceof Refusal) return found;
    const { lease, options } = found;
    // A handshake can still fail, or the client go away: then nobody else gives the view back.
    const release = (): void => lease.release();
    socket.once('close', release);
    accept(request, socket, head, (transport) => {
      socket.off('close', release);
      openSession({ transport, terms, view: lease, since: options.since, principal }, dependencies);
    });
    return undefined;
  };

  const policy = access.policies.viewing(dialect);
  for (const [path, id] of endpoints) {
    api.add(describeTelemetry(path, id));
    upgrades.route(path, { policy, connect });
  }
  addHttpApi(dependencies);
  return addCommandApi(dependencies);
}

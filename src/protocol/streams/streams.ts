import type { Access } from '../../access/access.ts';
import { errorMessage } from '../../core/errors.ts';
import type { KeepaliveLimits } from '../../deliver/keepalive.ts';
import type { Session } from '../../deliver/session.ts';
import type { Views } from '../../deliver/views.ts';
import type { Feeds } from '../../feed/feeds.ts';
import type { ApiDescription } from '../../http/asyncapi.ts';
import type { Router } from '../../http/router.ts';
import type { Handshake, UpgradeRouter } from '../../http/upgrade.ts';
import type { EngineClient } from '../../source/engine-client.ts';
import type { EngineTraffic } from '../../source/engine-traffic.ts';
import type { EventSource } from '../../source/events.ts';
import { requireFolder } from '../../source/file-tail/open.ts';
import type { SourceBoard } from '../../source/source-board.ts';
import { createWebSocketAcceptor } from '../../transport/websocket-server.ts';
import { streamChannels } from './api.ts';
import { InstanceClient } from './instance-client.ts';
import { LogClient, logQuery } from './log-client.ts';
import { createLogViews } from './log-views.ts';
import { createMessageViews, messageQuery } from './message-views.ts';
import { addRestTwins } from './rest-twins.ts';
import {
  type Arrival,
  dialect,
  openSession,
  refuse,
  type SessionDependencies,
  type StreamClient,
  streamTerms,
} from './sessions.ts';
import type { StreamsSettings } from './settings.ts';
import { createSharedInstances } from './shared-instances.ts';

export interface StreamsParts extends Omit<SessionDependencies, 'terms'> {
  readonly feeds: Feeds;
  readonly views: Views;
  readonly keepalive: KeepaliveLimits;
  /** For polls. */
  readonly client: EngineClient;
  readonly traffic: Pick<EngineTraffic, 'forwarder'>;
  readonly board: Pick<SourceBoard, 'open'>;
  readonly events: EventSource;
  readonly upgrades: UpgradeRouter;
  readonly router: Router;
  readonly api: ApiDescription;
  readonly access: Access;
}

const logQueryWords = 'backlog: expected a whole number from 0 to 1000; ansi: strip or keep';
const maxMessageBytes = 64 * 1024;
/** Has nothing to say besides pings. */
const silentClient: StreamClient = {};

/** The streams dialect: instances, their logs, and the messages between them. */
export function createStreams(settings: StreamsSettings, given: StreamsParts) {
  const parts = { ...given, terms: streamTerms(given.keepalive) };
  const { POLL_TIMEOUT_MS: pollTimeoutMs, INSTANCE_LOG_DIR: logDirectory } = settings;
  const { events, upgrades, api, access, clock, log, meter } = parts;
  const instances = createSharedInstances({ ...parts, pollTimeoutMs });
  const messages = createMessageViews(parts);
  const logs = logDirectory === undefined ? undefined : createLogViews({ ...parts, directory: logDirectory });
  events.subscribe('instance_events', instances.onEvent);
  events.subscribe('message_events', messages.onEvent);

  // Never compressed: what the logs hold stands beside texts that others choose.
  const accept = createWebSocketAcceptor({ maxMessageBytes, clock, compression: false });
  const policy = access.policies.viewing(dialect);
  const serve = (
    path: string,
    stream: Arrival['stream'],
    create: (session: Session, handshake: Handshake) => StreamClient,
  ): void => {
    upgrades.route(path, {
      policy,
      connect(handshake) {
        const { request, socket, head, principal } = handshake;
        accept(request, socket, head, (transport) =>
          openSession(
            { transport, stream, principal, path: new URL(request.url ?? '/', 'http://gateway').pathname },
            (session) => create(session, handshake),
            parts,
          ),
        );
        return undefined;
      },
    });
  };
  const sendAway = (session: Session, ...why: ['bad_request' | 'limit', string]): StreamClient => {
    refuse(session, ...why, meter);
    return silentClient;
  };

  serve('/ws/instances', 'instances', (session) => new InstanceClient(session, instances.acquire(), parts));
  serve('/ws/instances/:name/logs', 'logs', (session, { query, params, principal }) => {
    const { success, data } = logQuery.safeParse(Object.fromEntries(query));
    if (!success) return sendAway(session, 'bad_request', logQueryWords);
    const request = { name: decoded(params.name ?? ''), ...data, holder: principal.holder };
    return new LogClient(session, instances.acquire(), request, { ...parts, logs });
  });
  serve('/ws/messages', 'messages', (session, { query, principal }) => {
    const { success, data } = messageQuery.safeParse(Object.fromEntries(query));
    if (!success) {
      return sendAway(session, 'bad_request', 'instance, correlation_id: expected at most 256 characters');
    }
    const lease = messages.acquire(
      { instance: data.instance, correlationId: data.correlation_id },
      principal.holder,
    );
    if (lease === undefined) {
      return sendAway(
        session,
        'limit',
        'Too many filters are in use, or half of them by you (MAX_RENDITIONS)',
      );
    }
    session.follow(lease);
    return silentClient;
  });
  addRestTwins({ ...parts, engine: parts.traffic.forwarder });
  for (const channel of streamChannels) api.add(channel);

  // Its sources start with the first client that needs them: only what will fail then is said now.
  if (logDirectory !== undefined) {
    requireFolder(logDirectory).catch((error: unknown) =>
      log.warn(
        { setting: 'INSTANCE_LOG_DIR', directory: logDirectory, error: errorMessage(error) },
        'no logs of instances',
      ),
    );
  }

  return {
    onReconnected: instances.onReconnected,
    close: () => instances.close(),
  };
}

/** What a part of a path stands for; itself, where it is no such encoding. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

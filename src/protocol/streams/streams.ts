import type { Entrance } from '../../access/entrance.ts';
import { errorMessage } from '../../core/errors.ts';
import { usualCloseCodes } from '../../deliver/close-codes.ts';
import type { Session } from '../../deliver/session.ts';
import type { ApiDescription } from '../../http/asyncapi.ts';
import type { Router } from '../../http/router.ts';
import type { Handshake, UpgradeRouter } from '../../http/upgrade.ts';
import type { EngineClient } from '../../source/engine-client.ts';
import type { EngineTraffic } from '../../source/engine-traffic.ts';
import type { EventSource } from '../../source/events.ts';
import { requireFolder } from '../../source/file-tail/open.ts';
import { createWebSocketAcceptor } from '../../transport/websocket-server.ts';
import { streamChannels } from './api.ts';
import { InstanceClient } from './instance-client.ts';
import { LogClient, logQuery } from './log-client.ts';
import { createLogFeeds } from './log-feeds.ts';
import { MessageClient, messageQuery } from './message-client.ts';
import { createMessageViews } from './message-views.ts';
import { addRestTwins } from './rest-twins.ts';
import {
  type Arrival,
  openSession,
  refuse,
  type SessionDependencies,
  type StreamClient,
} from './sessions.ts';
import { createSharedInstances } from './shared-instances.ts';

export interface StreamsOptions {
  /** One poll of the instances, its retries included. */
  readonly pollTimeoutMs: number;
  /** Logs in use at once, and filters of messages. 0: no bound. */
  readonly maxViews: number;
  /** Folder of `<name>.log` of each instance. Undefined: no logs are served. */
  readonly logDirectory: string | undefined;
}

export interface StreamsParts extends SessionDependencies {
  /** For polls. */
  readonly client: EngineClient;
  readonly traffic: Pick<EngineTraffic, 'watch' | 'forwarder'>;
  readonly events: EventSource;
  readonly upgrades: UpgradeRouter;
  readonly router: Router;
  readonly api: ApiDescription;
  readonly entrance: Entrance;
}

const logQueryWords = 'backlog: expected a whole number from 0 to 1000; ansi: strip or keep';
const maxMessageBytes = 64 * 1024;
/** Of a connection that only waits to be closed: it holds nothing. */
const nothingHeld: StreamClient = { end: () => {} };

/** The streams dialect: instances, their logs, and the messages between them. */
export function createStreams(options: StreamsOptions, parts: StreamsParts) {
  const { pollTimeoutMs, maxViews, logDirectory } = options;
  const { events, upgrades, api, entrance, clock, log, meter } = parts;
  const instances = createSharedInstances({ ...parts, pollTimeoutMs });
  const messages = createMessageViews({ ...parts, maxViews });
  const logs =
    logDirectory === undefined
      ? undefined
      : createLogFeeds({ ...parts, directory: logDirectory, maxLogs: maxViews });
  events.subscribe('instance_events', instances.onEvent);
  events.subscribe('message_events', messages.onEvent);

  // Never compressed: what the logs hold stands beside texts that others choose.
  const accept = createWebSocketAcceptor({
    maxMessageBytes,
    closeCodes: usualCloseCodes,
    clock,
    compression: false,
  });
  const serve = (
    path: string,
    stream: Arrival['stream'],
    create: (session: Session, handshake: Handshake) => StreamClient,
  ): void => {
    upgrades.route(path, {
      entrance,
      connect(handshake) {
        const { request, socket, head, permission } = handshake;
        accept(request, socket, head, (transport) =>
          openSession(
            { transport, stream, permission, path: new URL(request.url ?? '/', 'http://gateway').pathname },
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
    return nothingHeld;
  };

  serve('/ws/instances', 'instances', (session) => new InstanceClient(session, instances.acquire(), parts));
  serve('/ws/instances/:name/logs', 'logs', (session, { query, params, permission }) => {
    const { success, data } = logQuery.safeParse(Object.fromEntries(query));
    if (!success) return sendAway(session, 'bad_request', logQueryWords);
    const request = { name: decoded(params.name ?? ''), ...data, holder: permission.holder };
    return new LogClient(session, instances.acquire(), request, { ...parts, logs });
  });
  serve('/ws/messages', 'messages', (session, { query, permission }) => {
    const { success, data } = messageQuery.safeParse(Object.fromEntries(query));
    if (!success) {
      return sendAway(session, 'bad_request', 'instance, correlation_id: expected at most 256 characters');
    }
    const lease = messages.acquire(
      { instance: data.instance, correlationId: data.correlation_id },
      permission.holder,
    );
    return lease === undefined
      ? sendAway(session, 'limit', 'Too many filters are in use, or half of them by you (MAX_RENDITIONS)')
      : new MessageClient(session, lease);
  });
  addRestTwins({ ...parts, engine: parts.traffic.forwarder });
  for (const channel of streamChannels) api.add(channel);

  return {
    /** Its sources start with the first client that needs them: only what will fail then is said now. */
    start() {
      if (logDirectory === undefined) return;
      requireFolder(logDirectory).catch((error: unknown) =>
        log.warn(
          { setting: 'INSTANCE_LOG_DIR', directory: logDirectory, error: errorMessage(error) },
          'no logs of instances',
        ),
      );
    },
    onReconnected: instances.onReconnected,
    close() {
      instances.close();
      messages.close();
      logs?.close();
    },
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

import { z } from 'zod';
import type { Policy } from '../../access/policy.ts';
import { errorMessage, Refusal } from '../../core/errors.ts';
import type { Session } from '../../deliver/session.ts';
import { defineEndpoint, type OpenClient } from '../../serve/endpoint.ts';
import { defineDialect } from '../dialect.ts';
import { requireFolder } from './file-tail/open.ts';
import { InstanceClient } from './instance/instance-client.ts';
import { SharedInstances } from './instance/shared-instances.ts';
import { LogClient, type LogDependencies, logQuery } from './log/log-client.ts';
import { LogViews } from './log/log-views.ts';
import { MessageStream, messageQuery } from './messages.ts';
import { instancesHear, instancesTell, logsTell, messagesTell, streamsHear } from './packets.ts';
import { serveRestTwins } from './rest-twins.ts';
import { commonTerms, refuse, StreamClient, streamsDialect } from './stream-client.ts';

/** The streams dialect: instances, their logs, and the messages between them. */
export const streams = defineDialect({
  name: streamsDialect,
  settings: {
    /** Folder of `<name>.log` of each instance. Default: none, and no logs are served. */
    INSTANCE_LOG_DIR: z.string().min(1).optional(),
  },
  create(context, { POLL_TIMEOUT_MS: pollTimeoutMs, INSTANCE_LOG_DIR: directory }) {
    const { access, serve, events, feeds, views, engine, clock, log } = context;
    const instances = new SharedInstances({ ...context, pollTimeoutMs }, views);
    const messages = new MessageStream(feeds, views, context);
    const logs = directory === undefined ? undefined : new LogViews({ ...context, directory }, views);
    events.subscribe('instance_events', (message) => instances.onEvent(message));
    events.subscribe('message_events', (message) => messages.onEvent(message));
    const viewing = access.policies.viewing(streamsDialect);
    const endpoints = streamEndpoints({ instances, messages, logs, viewing, log });
    serve.webSocket('/ws/instances', endpoints.instances);
    serve.webSocket('/ws/instances/:name/logs', endpoints.logs);
    serve.webSocket('/ws/messages', endpoints.messages);
    serveRestTwins({ serve, viewing, engine, clock, log });

    // Sources start with the first client; a missing log folder is reported at start all the same.
    if (directory !== undefined) {
      requireFolder(directory).catch((error: unknown) =>
        log.warn(
          { setting: 'INSTANCE_LOG_DIR', directory, error: errorMessage(error) },
          'no logs of instances',
        ),
      );
    }

    return {
      onReconnected: () => instances.onReconnected(),
      close: () => instances.close(),
    };
  },
});

const badLogQuery = 'backlog: expected a whole number from 0 to 1000; ansi: strip or keep';
const badMessageQuery = 'instance, correlation_id: expected at most 256 characters';
const tooManyFilters = 'Too many filters are in use, or half of them by you (MAX_RENDITIONS)';

/** The three streams. What is wrong with a query is told in a frame, so that any client can read it. */
export function streamEndpoints(
  dependencies: LogDependencies & {
    readonly instances: Pick<SharedInstances, 'acquire'>;
    readonly messages: Pick<MessageStream, 'acquire'>;
    /** Who may view. */
    readonly viewing: Policy;
  },
) {
  const { instances, messages, viewing: access, log } = dependencies;
  return {
    instances: defineEndpoint({
      ...commonTerms,
      access,
      id: 'instances',
      description: 'The instances of the engine, and each change',
      hears: instancesHear,
      tells: instancesTell,
      openFaulty,
      open: ({ path }) => {
        return (session) => new InstanceClient(session, path, instances.acquire(), log);
      },
    }),
    logs: defineEndpoint({
      ...commonTerms,
      access,
      id: 'instanceLogs',
      description: 'The log of an instance: its last lines, then each that is written',
      query: logQuery,
      hears: streamsHear,
      tells: logsTell,
      queryFault: () => new Refusal('BAD_OPTION', { detail: badLogQuery }),
      openFaulty,
      open({ query, params, path, principal: { holder } }) {
        const request = { name: params.name ?? '', ...query, holder };
        return (session) => new LogClient(session, path, instances.acquire(), request, dependencies);
      },
    }),
    messages: defineEndpoint({
      ...commonTerms,
      access,
      id: 'messages',
      description: 'What becomes of the messages between instances: metadata only',
      query: messageQuery,
      hears: streamsHear,
      tells: messagesTell,
      queryFault: () => new Refusal('BAD_OPTION', { detail: badMessageQuery }),
      openFaulty,
      open({ query: { instance, correlation_id: correlationId }, path, principal, hold }) {
        const lease = messages.acquire({ instance, correlationId }, principal.holder);
        if (lease === undefined) return sendingAway(path, 'limit', tooManyFilters);
        hold(lease);
        return (session) => {
          session.follow(lease);
          return new StreamClient(session, path);
        };
      },
    }),
  };
}

const openFaulty = ({ detail = '' }: Refusal, { path }: { readonly path: string }): OpenClient =>
  sendingAway(path, 'bad_request', detail);

/** Says why, and closes. */
function sendingAway(path: string, code: 'bad_request' | 'limit', message: string): OpenClient {
  return (session: Session) => {
    refuse(session, code, message);
    return new StreamClient(session, path);
  };
}

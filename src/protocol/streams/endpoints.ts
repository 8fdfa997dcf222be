import type { Policy } from '../../access/policy.ts';
import type { Session } from '../../deliver/session.ts';
import { defineEndpoint, type OpenClient } from '../../serve/endpoint.ts';
import { hears, instancesHear, instancesTell, logsTell, messagesTell } from './api.ts';
import { InstanceClient } from './instance/instance-client.ts';
import type { SharedInstances } from './instance/shared-instances.ts';
import { LogClient, type LogDependencies, logQuery } from './log/log-client.ts';
import { type MessageViews, messageQuery } from './message/message-views.ts';
import { commonTerms, refuse, StreamClient } from './stream-client.ts';

export interface EndpointDependencies extends LogDependencies {
  readonly instances: Pick<SharedInstances, 'acquire'>;
  readonly messages: Pick<MessageViews, 'acquire'>;
  /** Who may look. */
  readonly viewing: Policy;
}

const badLogQuery = 'backlog: expected a whole number from 0 to 1000; ansi: strip or keep';
const badMessageQuery = 'instance, correlation_id: expected at most 256 characters';
const tooManyFilters = 'Too many filters are in use, or half of them by you (MAX_RENDITIONS)';

/** The three streams. What is wrong with a query is told in a frame, so that any client can read it. */
export function streamEndpoints(dependencies: EndpointDependencies) {
  const { instances, messages, viewing: access, log } = dependencies;
  return {
    instances: defineEndpoint({
      ...commonTerms,
      access,
      id: 'instances',
      description: 'The instances of the engine, and each change',
      hears: instancesHear,
      tells: instancesTell,
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
      hears,
      tells: logsTell,
      openFaulty: (_error, { path }) => sendingAway(path, 'bad_request', badLogQuery),
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
      hears,
      tells: messagesTell,
      openFaulty: (_error, { path }) => sendingAway(path, 'bad_request', badMessageQuery),
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

/** Says why, and closes. */
function sendingAway(path: string, code: 'bad_request' | 'limit', message: string): OpenClient {
  return (session: Session) => {
    refuse(session, code, message);
    return new StreamClient(session, path);
  };
}

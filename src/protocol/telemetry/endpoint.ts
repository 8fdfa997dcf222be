import type { Policy } from '../../access/policy.ts';
import { Refusal } from '../../core/errors.ts';
import { usualCloses } from '../../deliver/closes.ts';
import { defineEndpoint } from '../../serve/endpoint.ts';
import { type ClientDependencies, TelemetrySubscriber } from './client.ts';
import type { Documents } from './document/documents.ts';
import { telemetryHears, telemetryTells } from './schema.ts';
import { telemetrySettings } from './settings.ts';
import { connectOptions, optionsFor, refuseOptions } from './view/options.ts';

export interface EndpointDependencies extends ClientDependencies {
  readonly documents: Documents;
  /** Who may view. */
  readonly viewing: Policy;
  /** Whether WebSocket clients that offer permessage-deflate get it. */
  readonly compression: boolean;
}

/** The conversation of `/`, `/ws/stream` and `/api/stream/telemetry`. */
export function telemetryEndpoint(dependencies: EndpointDependencies) {
  const { documents, views, commanding, viewing, compression } = dependencies;
  return defineEndpoint({
    id: telemetrySettings.name,
    description: 'The merged state of the engine: WELCOME at once, then TELEMETRY or DELTA with each change',
    access: viewing,
    query: connectOptions,
    resumeField: 'since',
    hears: telemetryHears,
    tells: telemetryTells,
    closes: usualCloses,
    compression,
    maxMessageBytes: 16 * 1024,
    // The rate limit never drops a HALT.
    limits: { urgent: { types: ['HALT'], from: commanding } },
    connectedLine: () => 'Telemetry client connected',
    disconnectedLine: () => 'Telemetry client disconnected',
    queryFault: refuseOptions,
    open({ query, ignored, principal, transport, hold }) {
      const options = optionsFor(query, documents.engine.feed.current.document);
      if (options instanceof Refusal) return options;
      if (transport === 'event-stream' && options.encoding !== 'json') return noText;
      const lease = views.acquire(options, principal.holder);
      if (lease instanceof Refusal) return lease;
      hold(lease);
      const asked = { since: query.since, ignored };
      return (session) => new TelemetrySubscriber(session, principal, lease, asked, dependencies);
    },
  });
}

const noText = new Refusal('BAD_OPTION', {
  detail: 'encoding: Server-Sent Events are text, expected json',
});

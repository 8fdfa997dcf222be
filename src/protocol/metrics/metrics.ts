import type { Policy } from '../../access/policy.ts';
import { integer } from '../../config/kinds.ts';
import type { Clock } from '../../core/clock.ts';
import { Refusal } from '../../core/errors.ts';
import { type Close, type Closes, usualCloses } from '../../deliver/closes.ts';
import { defineEndpoint } from '../../serve/endpoint.ts';
import { defineDialect } from '../dialect.ts';
import { MetricsClient, type MetricsClientParts } from './client.ts';
import { serveMetricsApi } from './http-api.ts';
import { metricsMessage, SnapshotMessages } from './messages.ts';
import { noPosition } from './range-state.ts';
import { metricsDialect, Ranges } from './ranges.ts';
import { metricsHears, metricsTells, streamQuery, streamTells } from './schema.ts';
import { MetricsViews, usualView, viewText } from './views.ts';

/** The metrics dialect: figures of an engine over a range of hours. */
export const metrics = defineDialect({
  name: metricsDialect,
  settings: {
    /** How long the engine's `timestamp` may stand still. 0: never judged. Default: learned from how it moves. */
    METRICS_MAX_AGE_MS: integer(0, 86_400_000).optional(),
  },
  create(context, { POLL_TIMEOUT_MS: pollTimeoutMs, METRICS_MAX_AGE_MS: maxAgeMs }) {
    const { access, serve } = context;
    const ranges = new Ranges(context.feeds, { ...context, pollTimeoutMs, maxAgeMs });
    const messages = new SnapshotMessages(context);
    const views = new MetricsViews(ranges, context.views, messages);
    const viewing = access.policies.viewing(metricsDialect);
    const endpoints = metricsEndpoints(viewing, { ranges, views, messages, clock: context.clock });
    serve.socketIo('/socket.io/', endpoints.events);
    serve.eventStream('/api/stream/metrics', endpoints.stream);
    serveMetricsApi(serve, { viewing, ranges, messages });
    return { close: () => ranges.close() };
  },
});

/** Ends after which a client must not come back by itself, which its library would do: it is told why, as an error. */
function finalCloses(clock: Clock): Closes {
  const told = (close: Close, error: string): Close => ({
    ...close,
    isFinal: true,
    lastMessage: () => metricsMessage('error', { error, timestamp: clock.now() / 1000 }),
  });
  return {
    ...usualCloses,
    tokenExpired: told(usualCloses.tokenExpired, 'The token has expired: connect again with a new one'),
    rateLimited: told(usualCloses.rateLimited, 'Too many events: send at most 20 a second'),
  };
}

/** The events in both directions, and the snapshots alone. Never compressed: activity may hold secrets. */
export function metricsEndpoints(viewing: Policy, parts: MetricsClientParts) {
  const terms = {
    access: viewing,
    connectedLine: () => 'Metrics client connected',
    disconnectedLine: () => 'Metrics client disconnected',
  };
  return {
    events: defineEndpoint({
      ...terms,
      id: metricsDialect,
      description: 'Snapshots of a range of hours, at once and at each change, as Socket.IO events',
      closes: finalCloses(parts.clock),
      hears: metricsHears,
      tells: metricsTells,
      maxMessageBytes: 16 * 1024,
      open: ({ principal }) => {
        return (session) => new MetricsClient(session, principal.holder, parts);
      },
    }),
    stream: defineEndpoint({
      ...terms,
      id: 'metricsStream',
      description: 'The snapshot of a range of hours, at once and at each change',
      closes: usualCloses,
      query: streamQuery,
      resumeField: 'since',
      hears: {},
      tells: streamTells,
      open({ query: { hours = usualView.hours, interval = usualView.interval, since }, principal, hold }) {
        const options = { hours, interval, sections: undefined };
        const lease = parts.views.acquire(options, principal.holder);
        if (lease instanceof Refusal) return lease;
        hold(lease);
        return (session) => {
          session.follow(lease, undefined, since ?? noPosition);
          return { view: viewText(options) };
        };
      },
    }),
  };
}

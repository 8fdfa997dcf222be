import type { Serve } from '../../serve/serve.ts';
import { defineDialect } from '../dialect.ts';
import { serveCommandApi } from './command/api.ts';
import { Commands } from './command/commands.ts';
import { CommandEngine } from './command/engine.ts';
import { CommandWatch } from './command/watch.ts';
import { Documents } from './document/documents.ts';
import { StateRemarks } from './document/state-remarks.ts';
import { type EndpointDependencies, telemetryEndpoint } from './endpoint.ts';
import { serveTelemetryApi } from './http-api.ts';
import { telemetrySettings } from './settings.ts';
import { defaultView } from './view/options.ts';
import { TelemetryViews } from './view/views.ts';

/** The telemetry dialect: its documents, their views, and the commands. */
export const telemetry = defineDialect({
  ...telemetrySettings,
  create(context, settings) {
    const { access, events, hub, clock, log, meter, audit } = context;
    const remarks = new StateRemarks();
    const documents = new Documents(settings, { ...context, remarks });
    events.subscribe(settings.REDIS_STATE_CHANNEL, (message) => documents.onEvent(message));
    const views = new TelemetryViews(documents, context.views, context);
    const viewing = access.policies.viewing(telemetrySettings.name);
    const { commanding } = access.policies;
    // Where viewers need no token, anybody could read who did what.
    const tellsWho = access.demandsToken(viewing);
    const watch = new CommandWatch({ polls: documents, remarks, clock, audit, log, tellsWho });
    const commands = new Commands({
      engine: new CommandEngine({
        url: settings.ENGINE_URL,
        token: settings.ENGINE_TOKEN,
        clock,
        polls: documents,
      }),
      isStateFresh: () => documents.engine.isAnswering,
      ...{ commanding, watch, hub, log: audit, meter },
    });
    serveTelemetry(context.serve, {
      ...{ documents, views, clock, log, commands, commanding, viewing },
      compression: settings.COMPRESSION === 'shared',
    });

    return {
      // Missed events are made up for by a poll.
      onReconnected: () => documents.poll(),
      close() {
        watch.stop();
        documents.close();
      },
      // Takes no more commands, and waits for a HALT under way, which must not be cut off.
      settle: (withinMs) => commands.close(withinMs),
    };
  },
});

/** Serves `/` and `/ws/stream`, the same as Server-Sent Events, and the HTTP twins. */
export function serveTelemetry(serve: Serve, dependencies: EndpointDependencies): void {
  // Held for good, so that the default view is available whatever else is in use.
  dependencies.views.acquire(defaultView, undefined);
  const endpoint = telemetryEndpoint(dependencies);
  serve.webSocket('/', endpoint);
  serve.webSocket('/ws/stream', { ...endpoint, id: 'telemetryStream' });
  serve.eventStream('/api/stream/telemetry', endpoint);
  serveTelemetryApi(serve, dependencies);
  serveCommandApi(serve, dependencies);
}

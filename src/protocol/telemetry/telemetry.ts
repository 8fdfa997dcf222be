import type { Serve } from '../../serve/serve.ts';
import { defineDialect } from '../dialect.ts';
import { serveCommandApi } from './command/api.ts';
import { Commands } from './command/commands.ts';
import { CommandEngine } from './command/engine.ts';
import { CommandWatch } from './command/watch.ts';
import { createDocuments } from './document/documents.ts';
import type { PolledState } from './document/polled-state.ts';
import { StateRemarks } from './document/state-remarks.ts';
import { type EndpointDependencies, telemetryEndpoint } from './endpoint.ts';
import { serveHttpApi } from './http-api.ts';
import { telemetrySettings } from './settings.ts';
import { HistoryReadings } from './view/history.ts';
import { defaultView } from './view/options.ts';
import { createTelemetryViews, dialect } from './view/views.ts';

/** The telemetry dialect: its documents, their views, and the commands. */
export const telemetry = defineDialect({
  ...telemetrySettings,
  create(context, settings) {
    const { access, events, hub, clock, log, meter, audit } = context;
    const remarks = new StateRemarks();
    const documents = createDocuments(settings, { ...context, remarks });
    const { engine } = documents;
    events.subscribe(settings.REDIS_STATE_CHANNEL, documents.onEvent);
    const views = createTelemetryViews({ documents, views: context.views, clock, meter });
    const viewing = access.policies.viewing(dialect);
    const { commanding } = access.policies;
    const polls: PolledState = { onStatus: engine.onStatus, poll: documents.pollStates };
    // Where nobody shows a token, anybody could read who did what.
    const tellsWho = access.demandsToken(viewing);
    const watch = new CommandWatch({ polls, remarks, clock, audit, log, tellsWho });
    const commands = new Commands({
      engine: new CommandEngine({ url: settings.ENGINE_URL, token: settings.ENGINE_TOKEN, clock, polls }),
      isStateFresh: engine.isAnswering,
      ...{ commanding, watch, hub, log: audit, meter },
    });
    serveTelemetry(context.serve, {
      ...{ documents, views, clock, log, commands, commanding, viewing },
      compression: settings.COMPRESSION === 'shared',
    });

    return {
      // What they said is asked for.
      onReconnected: documents.pollStates,
      close() {
        watch.stop();
        documents.close();
      },
      // Takes no more commands, and waits for a HALT under way: one given just before the end must not be cut off.
      settle: (withinMs) => commands.close(withinMs),
    };
  },
});

/** Serves `/` and `/ws/stream`, the same as Server-Sent Events, and the HTTP twins. */
export function serveTelemetry(serve: Serve, dependencies: EndpointDependencies): void {
  // Held for good, so that the view which asks for nothing is there whatever else is in use.
  dependencies.views.acquire(defaultView, undefined);
  const endpoint = telemetryEndpoint(dependencies);
  serve.webSocket('/', endpoint);
  serve.webSocket('/ws/stream', { ...endpoint, id: 'telemetryStream' });
  serve.eventStream('/api/stream/telemetry', endpoint);
  serveHttpApi({ serve, ...dependencies, histories: new HistoryReadings(dependencies.clock) });
  serveCommandApi(serve, dependencies);
}

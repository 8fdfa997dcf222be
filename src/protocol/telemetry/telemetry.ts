import { HistoryBudget } from '../../feed/history.ts';
import type { Serve } from '../../serve/serve.ts';
import { defineDialect } from '../dialect.ts';
import { serveCommandApi } from './command-api.ts';
import { createCommandExecutor } from './command-executor.ts';
import { createCommandWatch } from './command-watch.ts';
import { createCommands } from './commands.ts';
import { createDocuments } from './documents.ts';
import { type EndpointDependencies, telemetryEndpoint } from './endpoint.ts';
import type { FurtherSource } from './engine-document.ts';
import { HistoryReadings } from './history.ts';
import { serveHttpApi } from './http-api.ts';
import type { ViewOptions } from './options.ts';
import type { PolledState } from './polled-state.ts';
import { StateRemarks } from './state-remarks.ts';
import { createTelemetryViews, dialect } from './views.ts';

export interface TelemetrySettings {
  readonly ENGINE_URL: string;
  readonly ENGINE_TOKEN?: string | undefined;
  readonly POLL_CRON: string;
  readonly POLL_TIMEOUT_MS: number;
  readonly STATE_MAX_AGE_MS?: number | undefined;
  readonly MAX_RATE_HZ: number;
  readonly MAX_SYMBOLS: number;
  readonly HISTORY_SECONDS: number;
  readonly HISTORY_MAX_BYTES: number;
  readonly REDIS_STATE_CHANNEL: string;
  readonly COMPRESSION: 'shared' | 'off';
  readonly sources: readonly FurtherSource[];
}

/** The telemetry dialect: its documents, their views, and the commands. */
export const telemetry = defineDialect<TelemetrySettings>({
  name: dialect,
  create(context, settings) {
    const { access, events, hub, clock, log, meter, audit } = context;
    const budget = new HistoryBudget({
      historySeconds: settings.HISTORY_SECONDS,
      historyMaxBytes: settings.HISTORY_MAX_BYTES,
    });
    const remarks = new StateRemarks();
    const documents = createDocuments(
      {
        pollCron: settings.POLL_CRON,
        pollTimeoutMs: settings.POLL_TIMEOUT_MS,
        stateMaxAgeMs: settings.STATE_MAX_AGE_MS,
        maxRateHz: settings.MAX_RATE_HZ,
        furtherSources: settings.sources,
        maxSymbols: settings.MAX_SYMBOLS,
      },
      { ...context, budget, remarks },
    );
    const { engine } = documents;
    context.documents.set('engine', () => engine.feed.current.document);
    events.subscribe(settings.REDIS_STATE_CHANNEL, documents.onEvent);
    engine.sourcesChanged();
    const views = createTelemetryViews({ documents, views: context.views, clock, meter });
    const viewing = access.policies.viewing(dialect);
    const { commanding } = access.policies;
    const polls: PolledState = { onStatus: engine.onStatus, poll: documents.pollStates };
    // Where nobody shows a token, anybody could read who did what.
    const tellsWho = access.demandsToken(viewing);
    const watch = createCommandWatch({ polls, remarks, clock, audit, log, tellsWho });
    const executor = createCommandExecutor({
      engineUrl: settings.ENGINE_URL,
      ...(settings.ENGINE_TOKEN === undefined ? {} : { engineToken: settings.ENGINE_TOKEN }),
      isStateFresh: engine.isAnswering,
      polls,
      onAcked(acknowledged) {
        watch.acked(acknowledged);
        polls.poll();
      },
      onUrgent: () => hub.standStill(),
      clock,
      log: audit,
      meter,
      newKey: () => crypto.randomUUID(),
    });
    const commands = createCommands(executor, { polls, commanding, clock, log: audit, meter });
    serveTelemetry(context.serve, {
      ...{ documents, views, clock, log, commanding, viewing },
      compression: settings.COMPRESSION === 'shared',
      runCommand: commands.run,
    });

    return {
      requires: ['state'],
      start: () => engine.start(),
      // What they said is asked for.
      onReconnected: documents.pollStates,
      sourcesChanged: engine.sourcesChanged,
      close() {
        watch.stop();
        documents.close();
      },
      // Takes no more commands, and waits for a HALT under way: one given just before the end must not be cut off.
      settle: commands.close,
    };
  },
});

const defaultView: ViewOptions = {
  mode: 'full',
  encoding: 'json',
  interval: 0,
  sections: undefined,
  symbol: undefined,
};

/** Serves `/` and `/ws/stream`, the same as Server-Sent Events, and the HTTP twins. */
export function serveTelemetry(serve: Serve, dependencies: EndpointDependencies): void {
  // Held for good, so that the view which asks for nothing is there whatever else is in use.
  dependencies.views.acquire(defaultView, undefined);
  const endpoint = telemetryEndpoint(dependencies);
  serve.webSocket('/', endpoint);
  serve.webSocket('/ws/stream', { ...endpoint, id: 'telemetryStream' });
  serve.eventStream('/api/stream/telemetry', endpoint);
  serveHttpApi({ serve, ...dependencies, histories: new HistoryReadings(dependencies.clock) });
  serveCommandApi({ serve, ...dependencies });
}

import { defineDialect } from '../dialect.ts';
import type { DiagnosticsClient } from './client.ts';
import { diagnosticsEndpoint } from './endpoint.ts';
import { createFigures } from './figures.ts';
import { serveHttpApi } from './http-api.ts';
import { createIntake } from './intake.ts';
import { createJournal } from './journal.ts';
import { createLogBook } from './log-book.ts';
import { eventKinds } from './schema.ts';
import { diagnosticsSettings } from './settings.ts';
import { createDiagnosticsViews, dialect } from './views.ts';

/** The diagnostics dialect: logs, figures, diary entries and graph changes. */
export const diagnostics = defineDialect({
  ...diagnosticsSettings,
  create(context, { MAX_RATE_HZ: maxRateHz }) {
    const { access, serve, events, feeds, engine, board, hub, sessions, clock, log, meter } = context;
    const logBook = createLogBook(feeds, clock);
    const figures = createFigures({
      engine: () => engine.figures(),
      // Nothing, where that dialect is not served.
      activePlans: () => feeds.find('telemetry')?.current.document.active_plans,
      sessions: () => sessions.size,
      lastFanOutAt: () => hub.lastFanOutAt,
      clock,
    });
    const views = createDiagnosticsViews({ ...context, figures, logBook, maxRateHz });
    const newId = (): string => crypto.randomUUID();
    const journal = createJournal({ views, figures, logBook, clock, newId });
    const intake = createIntake({ journal, clock, log, meter });
    for (const kind of eventKinds) {
      events.subscribe(`diagnostics:${kind}`, (message) => intake.onMessage(kind, message));
    }
    const stopSources = board.onChange((_name, change) => {
      if (change === 'turned') views.engineTurned();
    });
    const stops = [context.onRecord(journal.record), stopSources];
    const clients = new Set<DiagnosticsClient>();
    const viewing = access.policies.viewing(dialect);
    serve.webSocket('/ws/diagnostics', diagnosticsEndpoint({ ...context, views, clients, viewing }));
    const { ingesting } = access.policies;
    serveHttpApi({ serve, figures, logBook, clients, intake, viewing, ingesting });
    return {
      close() {
        for (const stop of stops) stop();
        views.close();
      },
    };
  },
});

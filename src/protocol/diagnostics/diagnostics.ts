import { defineDialect } from '../dialect.ts';
import type { DiagnosticsClient } from './client.ts';
import { diagnosticsEndpoint } from './endpoint.ts';
import { createFigures } from './figures.ts';
import { serveHttpApi } from './http-api.ts';
import { createIntake } from './intake.ts';
import { createJournal } from './journal.ts';
import { createLogBook } from './log-book.ts';
import { eventKinds } from './schema.ts';
import { createDiagnosticsViews, dialect } from './views.ts';

export interface DiagnosticsSettings {
  /** Telemetry frames a second that events may cause, burst 5. 0: no cap. */
  readonly MAX_RATE_HZ: number;
}

/** The diagnostics dialect: logs, figures, diary entries and graph changes. */
export const diagnostics = defineDialect<DiagnosticsSettings>({
  name: dialect,
  create(context, { MAX_RATE_HZ: maxRateHz }) {
    const { access, serve, events, traffic, documents, hub, sessions, clock, log, meter } = context;
    const logBook = createLogBook(clock);
    const figures = createFigures({
      engine: traffic.figures,
      activePlans: () => documents.get('engine')?.().active_plans,
      sessions: () => sessions.size,
      lastFanOutAt: () => hub.lastFanOutAt,
      clock,
    });
    const views = createDiagnosticsViews({ figures, logBook, maxRateHz, views: context.views, clock, meter });
    const newId = (): string => crypto.randomUUID();
    const journal = createJournal({ views, figures, logBook, clock, newId });
    const intake = createIntake({ journal, clock, log, meter });
    for (const kind of eventKinds) {
      events.subscribe(`diagnostics:${kind}`, (message) => intake.onMessage(kind, message));
    }
    const stops = [context.onRecord(journal.record), traffic.onTurn(() => views.engineTurned())];
    const clients = new Set<DiagnosticsClient>();
    const viewing = access.policies.viewing(dialect);
    serve.webSocket('/ws/diagnostics', diagnosticsEndpoint({ ...context, views, clients, viewing }));
    const { ingesting } = access.policies;
    serveHttpApi({ serve, figures, logBook, clients, intake, viewing, ingesting });
    return {
      start: () => views.start(),
      close() {
        for (const stop of stops) stop();
        views.close();
      },
    };
  },
});

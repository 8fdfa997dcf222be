import { defineDialect } from '../dialect.ts';
import { type DiagnosticsClient, diagnosticsEndpoint } from './client.ts';
import { DiagnosticsFigures } from './figures.ts';
import { serveDiagnosticsApi } from './http-api.ts';
import { Intake } from './intake.ts';
import { Journal } from './journal.ts';
import { LogBook } from './log-book.ts';
import { eventKinds } from './schema.ts';
import { DiagnosticsViews, diagnosticsDialect } from './views.ts';

/** The diagnostics dialect: logs, figures, diary entries and graph changes. It has no settings of its own. */
export const diagnostics = defineDialect({
  name: diagnosticsDialect,
  settings: {},
  create(context, { MAX_RATE_HZ: maxRateHz }) {
    const { access, serve, events, feeds, engine, board, hub, sessions, clock } = context;
    const logBook = new LogBook(feeds, clock);
    // From the telemetry dialect's feed; undefined where that is not served.
    const activePlans = () => feeds.find('telemetry')?.current.document.active_plans;
    const figures = new DiagnosticsFigures({ engine, activePlans, sessions, hub, clock });
    const views = new DiagnosticsViews({ ...context, figures, logBook, maxRateHz });
    const journal = new Journal(views, figures, logBook, clock, () => crypto.randomUUID());
    const intake = new Intake(journal, context);
    for (const kind of eventKinds) {
      events.subscribe(`${diagnosticsDialect}:${kind}`, (message) => intake.onMessage(kind, message));
    }
    const stopSources = board.onChange((_name, change) => {
      if (change === 'turned') views.engineTurned();
    });
    const stopRecords = context.onRecord((record) => journal.record(record));
    const clients = new Set<DiagnosticsClient>();
    const viewing = access.policies.viewing(diagnosticsDialect);
    const { ingesting } = access.policies;
    serve.webSocket('/ws/diagnostics', diagnosticsEndpoint(viewing, { ...context, views, clients }));
    serveDiagnosticsApi({ serve, figures, logBook, clients, intake, viewing, ingesting });
    return {
      close() {
        stopRecords();
        stopSources();
        views.close();
      },
    };
  },
});

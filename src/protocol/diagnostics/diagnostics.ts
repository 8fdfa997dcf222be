import type { Access } from '../../access/access.ts';
import type { RecordListener } from '../../core/log.ts';
import type { Hub } from '../../deliver/hub.ts';
import type { Views } from '../../deliver/views.ts';
import type { Feeds } from '../../feed/feeds.ts';
import type { ApiDescription } from '../../http/asyncapi.ts';
import type { Router } from '../../http/router.ts';
import type { UpgradeRouter } from '../../http/upgrade.ts';
import type { EngineTraffic } from '../../source/engine-traffic.ts';
import type { EventSource } from '../../source/events.ts';
import type { SourceBoard } from '../../source/source-board.ts';
import { createWebSocketAcceptor } from '../../transport/websocket-server.ts';
import { describeDiagnostics } from './api.ts';
import { createFigures } from './figures.ts';
import { addHttpApi } from './http-api.ts';
import { createIntake } from './intake.ts';
import { createJournal } from './journal.ts';
import { createLogBook } from './log-book.ts';
import { eventKinds } from './schema.ts';
import { createDiagnosticsSessions, type SessionDependencies } from './sessions.ts';
import type { DiagnosticsSettings } from './settings.ts';
import { createDiagnosticsViews, dialect } from './views.ts';

export interface DiagnosticsParts extends Omit<SessionDependencies, 'views'> {
  readonly hub: Pick<Hub, 'lastFanOutAt'>;
  readonly views: Views;
  readonly events: EventSource;
  readonly traffic: Pick<EngineTraffic, 'figures'>;
  readonly board: Pick<SourceBoard, 'onChange'>;
  readonly feeds: Feeds;
  /** Where the gateway's own records come from; those of `deliveryLog` must not be among them. */
  readonly onRecord: (listener: RecordListener) => () => void;
  readonly upgrades: UpgradeRouter;
  readonly router: Router;
  readonly api: ApiDescription;
  readonly access: Access;
}

const path = '/ws/diagnostics';
const maxMessageBytes = 64 * 1024;

/** The diagnostics dialect: logs, figures, diary entries and graph changes, behind its endpoints. */
export function createDiagnostics(settings: DiagnosticsSettings, parts: DiagnosticsParts) {
  const { events, feeds, traffic, board, onRecord, upgrades, api, access } = parts;
  const { hub, sessions, clock, log, meter } = parts;
  const logBook = createLogBook(feeds, clock);
  const figures = createFigures({
    engine: traffic.figures,
    // Nothing, where that dialect is not served.
    activePlans: () => feeds.find('telemetry')?.current.document.active_plans,
    sessions: () => sessions.size,
    lastFanOutAt: () => hub.lastFanOutAt,
    clock,
  });
  const maxRateHz = settings.MAX_RATE_HZ;
  const views = createDiagnosticsViews({ ...parts, figures, logBook, maxRateHz });
  const newId = (): string => crypto.randomUUID();
  const journal = createJournal({ views, figures, logBook, clock, newId });
  const intake = createIntake({ journal, clock, log, meter });
  for (const kind of eventKinds) {
    events.subscribe(`diagnostics:${kind}`, (message) => intake.onMessage(kind, message));
  }
  const stopSources = board.onChange((_name, change) => {
    if (change === 'turned') views.engineTurned();
  });
  const stops = [onRecord(journal.record), stopSources];

  // Never deflated: secrets may stand beside text that others chose.
  const accept = createWebSocketAcceptor({ maxMessageBytes, clock, compression: false });
  const clients = createDiagnosticsSessions({ ...parts, views });
  api.add(describeDiagnostics(path));
  upgrades.route(path, {
    policy: access.policies.viewing(dialect),
    connect({ request, socket, head, principal }) {
      accept(request, socket, head, (transport) => clients.open(transport, principal));
      return undefined;
    },
  });
  addHttpApi({ ...parts, figures, logBook, clients, intake });

  return {
    close() {
      for (const stop of stops) stop();
      views.close();
    },
  };
}

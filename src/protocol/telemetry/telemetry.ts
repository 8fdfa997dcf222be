import type { Access } from '../../access/access.ts';
import { authEnabled } from '../../config/safety.ts';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { Meter } from '../../core/meter.ts';
import type { Hub } from '../../deliver/hub.ts';
import type { KeepaliveLimits } from '../../deliver/keepalive.ts';
import type { Sessions } from '../../deliver/sessions.ts';
import type { Views } from '../../deliver/views.ts';
import type { Feeds } from '../../feed/feeds.ts';
import type { ApiDescription } from '../../http/asyncapi.ts';
import type { Router } from '../../http/router.ts';
import type { UpgradeRouter } from '../../http/upgrade.ts';
import type { EngineClient } from '../../source/engine-client.ts';
import type { EventSource } from '../../source/events.ts';
import type { SourceBoard } from '../../source/source-board.ts';
import { createCommandExecutor } from './command-executor.ts';
import { createCommandWatch } from './command-watch.ts';
import { createCommands } from './commands.ts';
import { serveTelemetry } from './dialect.ts';
import { createDocuments } from './documents.ts';
import type { PolledState } from './polled-state.ts';
import { type TelemetrySettings, telemetrySettings } from './settings.ts';
import { StateRemarks } from './state-remarks.ts';
import { createTelemetryViews } from './views.ts';

export interface TelemetryParts {
  readonly client: EngineClient;
  readonly board: SourceBoard;
  readonly events: EventSource;
  readonly feeds: Feeds;
  readonly hub: Pick<Hub, 'standStill'>;
  readonly views: Views;
  readonly sessions: Sessions;
  readonly keepalive: KeepaliveLimits;
  readonly upgrades: UpgradeRouter;
  readonly router: Router;
  readonly api: ApiDescription;
  readonly access: Access;
  readonly clock: Clock;
  readonly log: Log;
  /** Where commands leave their lines, whatever level `log` has. */
  readonly audit: Log;
  readonly meter: Meter;
  readonly newConnectionId: () => string;
}

/** The telemetry dialect: its documents, their views, and the commands, behind its endpoints. */
export function createTelemetry(
  settings: TelemetrySettings & { readonly ENGINE_URL: string },
  parts: TelemetryParts,
) {
  const { events, hub, clock, log, meter, audit } = parts;
  const remarks = new StateRemarks();
  const documents = createDocuments(settings, { ...parts, remarks });
  events.subscribe(settings.REDIS_STATE_CHANNEL, documents.onEvent);
  const views = createTelemetryViews({ documents, views: parts.views, clock, meter });
  const polls: PolledState = { onStatus: documents.engine.onStatus, poll: documents.pollStates };
  // Who may look without a token is not told who commands.
  const tellsWho = authEnabled(settings) && settings.AUTH_DIALECTS.includes(telemetrySettings.name);
  const watch = createCommandWatch({ polls, remarks, clock, audit, log, tellsWho });
  const executor = createCommandExecutor({
    engineUrl: settings.ENGINE_URL,
    ...(settings.ENGINE_TOKEN === undefined ? {} : { engineToken: settings.ENGINE_TOKEN }),
    isStateFresh: documents.engine.isAnswering,
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
  const compression = settings.COMPRESSION === 'shared';
  const { commanding } = parts.access.policies;
  const commands = createCommands(executor, { polls, commanding, clock, log: audit, meter });
  const takePath = serveTelemetry({
    ...{ ...parts, documents, views, compression, commanding },
    runCommand: commands.run,
  });

  return {
    /** Who answers requests for the engine's own command paths, where they are forwarded. */
    takePath,
    /** Events may have been missed: what they said is asked for. */
    onReconnected: documents.pollStates,
    /** Stops the sources. */
    close() {
      watch.stop();
      documents.close();
    },
    /** Takes no more commands, and waits for a HALT under way: one given just before the end must not be cut off. */
    settle: commands.close,
  };
}

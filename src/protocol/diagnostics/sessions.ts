import { createWarningThrottle } from '../../core/log.ts';
import type { Hub } from '../../deliver/hub.ts';
import { MessageLimiter, messageDefaults } from '../../deliver/message-limiter.ts';
import type { SessionLimits } from '../../deliver/patience.ts';
import { Session } from '../../deliver/session.ts';
import type { Sessions } from '../../deliver/sessions.ts';
import type { Transport } from '../../deliver/transport.ts';
import type { Permission } from '../../http/entrance.ts';
import { dialect } from './channels.ts';
import { type ClientDependencies, type ConnectionState, DiagnosticsClient } from './client.ts';

export interface SessionDependencies extends Omit<ClientDependencies, 'warnMalformed'> {
  readonly hub: Hub;
  readonly sessions: Sessions;
  readonly sessionLimits: SessionLimits;
  readonly newConnectionId: () => string;
}

/** The sessions of this dialect. */
export interface DiagnosticsSessions {
  /** Starts the session of a client that was let in, and gives it its first frames. */
  open(transport: Transport, permission: Permission): void;
  /** Oldest first. */
  states(): readonly ConnectionState[];
}

const malformedEveryMs = 1000;

export function createDiagnosticsSessions(dependencies: SessionDependencies): DiagnosticsSessions {
  const { hub, sessions, sessionLimits, clock, log, meter, newConnectionId } = dependencies;
  const clients = new Set<DiagnosticsClient>();
  const warnMalformed = createWarningThrottle(log, clock, malformedEveryMs);
  // One that is behind skips events and reads on: what it missed is counted, and it costs nothing here.
  const limits = { ...sessionLimits, slowAfterMs: Number.POSITIVE_INFINITY };

  return {
    open(transport, permission) {
      const id = newConnectionId();
      let client: DiagnosticsClient | undefined;
      const session = new Session({
        id,
        dialect,
        transport,
        clock,
        meter,
        hub,
        limits,
        limiter: new MessageLimiter(messageDefaults),
        expiresAt: permission.expiresAt,
        onMessage: (data, isBinary) => client?.receive(data, isBinary),
        onMissed: (count) => client?.missed(count),
        onEnd({ code, cause, fault }) {
          sessions.delete(session);
          if (client === undefined) return;
          clients.delete(client);
          const { messages_sent, messages_dropped } = client.state;
          log.info(
            { connection_id: id, code, cause, fault },
            `WebSocket disconnected: ${id} (sent: ${messages_sent}, dropped: ${messages_dropped})`,
          );
        },
      });
      client = new DiagnosticsClient(session, { ...dependencies, warnMalformed });
      clients.add(client);
      sessions.add(session);
      log.info({ connection_id: id, role: permission.role }, `WebSocket connected: ${id}`);
      client.start();
    },
    states: () => Array.from(clients, ({ state }) => state),
  };
}

import type { Principal } from '../../access/principal.ts';
import { createWarningThrottle } from '../../core/log.ts';
import { usualCloses } from '../../deliver/closes.ts';
import type { KeepaliveLimits } from '../../deliver/keepalive.ts';
import { ownerFields } from '../../deliver/owner.ts';
import type { SessionTerms } from '../../deliver/session-terms.ts';
import type { Sessions } from '../../deliver/sessions.ts';
import type { Transport } from '../../deliver/transport.ts';
import { type ClientDependencies, type ConnectionState, DiagnosticsClient } from './client.ts';
import { dialect } from './views.ts';

export interface SessionDependencies extends Omit<ClientDependencies, 'warnMalformed'> {
  readonly sessions: Sessions;
  readonly keepalive: KeepaliveLimits;
  readonly newConnectionId: () => string;
}

/** The sessions of this dialect. */
export interface DiagnosticsSessions {
  /** Starts the session of a client that was let in, and gives it its first frames. */
  open(transport: Transport, principal: Principal): void;
  /** Oldest first. */
  states(): readonly ConnectionState[];
}

const malformedEveryMs = 1000;

export function createDiagnosticsSessions(dependencies: SessionDependencies): DiagnosticsSessions {
  const { sessions, keepalive, clock, log, newConnectionId } = dependencies;
  const clients = new Set<DiagnosticsClient>();
  const warnMalformed = createWarningThrottle(log, clock, malformedEveryMs);
  // One that is behind skips events and reads on: what is dropped is counted, and it costs nothing here.
  const terms: SessionTerms = {
    dialect,
    keepalive: { ...keepalive, slowAfterMs: Number.POSITIVE_INFINITY },
    closes: usualCloses,
  };

  return {
    open(transport, owner) {
      const id = newConnectionId();
      sessions.open({ id, terms, transport, owner }, (session) => {
        const client = new DiagnosticsClient(session, { ...dependencies, warnMalformed });
        clients.add(client);
        log.info(
          { connection_id: id, role: owner.role, ...ownerFields(owner) },
          `WebSocket connected: ${id}`,
        );
        client.start();
        return {
          view: dialect,
          receive: (data, isBinary) => client.receive(data, isBinary),
          dropped: (count) => client.dropped(count),
          ended({ code, cause, fault }) {
            clients.delete(client);
            const { messages_sent, messages_dropped } = client.state;
            log.info(
              { connection_id: id, code, cause, fault, ...ownerFields(owner) },
              `WebSocket disconnected: ${id} (sent: ${messages_sent}, dropped: ${messages_dropped})`,
            );
          },
        };
      });
    },
    states: () => Array.from(clients, ({ state }) => state),
  };
}

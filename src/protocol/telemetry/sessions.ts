import type { Principal } from '../../access/principal.ts';
import { ownerFields } from '../../deliver/owner.ts';
import type { SessionLimits } from '../../deliver/patience.ts';
import type { Sessions } from '../../deliver/sessions.ts';
import type { Transport } from '../../deliver/transport.ts';
import type { Lease } from '../../feed/registry.ts';
import { type ClientDependencies, TelemetryClient } from './client.ts';
import type { Since } from './options.ts';
import { dialect, type Framing, type View } from './views.ts';

export interface SessionDependencies extends ClientDependencies {
  readonly sessions: Sessions;
  readonly sessionLimits: SessionLimits;
  readonly newConnectionId: () => string;
}

export interface Arrival {
  readonly transport: Transport;
  readonly framing: Framing;
  readonly view: Lease<View>;
  readonly since: Since | undefined;
  readonly principal: Principal;
}

/** Starts the session of a client that was let in, and gives it its first packet. */
export function openSession(arrival: Arrival, dependencies: SessionDependencies): void {
  const { transport, framing, view, since, principal } = arrival;
  const { sessions, sessionLimits, log, newConnectionId } = dependencies;
  const id = newConnectionId();
  sessions.open({ id, dialect, transport, limits: sessionLimits, owner: principal }, (session) => {
    log.info(
      { connection_id: id, transport: framing, role: principal.role, ...ownerFields(principal) },
      'Telemetry client connected',
    );
    return new TelemetryClient(session, view, since, { ...dependencies, principal, framing });
  });
}

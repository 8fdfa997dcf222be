import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { Meter } from '../../core/meter.ts';
import type { Hub } from '../../deliver/hub.ts';
import { MessageLimiter, messageDefaults } from '../../deliver/message-limiter.ts';
import type { SessionLimits } from '../../deliver/patience.ts';
import { Session } from '../../deliver/session.ts';
import type { Sessions } from '../../deliver/sessions.ts';
import type { Transport } from '../../deliver/transport.ts';
import type { Lease } from '../../feed/registry.ts';
import type { Permission } from '../../http/entrance.ts';
import { type ClientDependencies, TelemetryClient } from './client.ts';
import type { Since } from './options.ts';
import { dialect, type Framing, type View } from './views.ts';

export interface SessionDependencies extends ClientDependencies {
  readonly hub: Hub;
  readonly sessions: Sessions;
  readonly sessionLimits: SessionLimits;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  readonly newConnectionId: () => string;
}

export interface Arrival {
  readonly transport: Transport;
  readonly framing: Framing;
  readonly view: Lease<View>;
  readonly since: Since | undefined;
  readonly permission: Permission;
}

/** Starts the session of a client that was let in, and gives it its first packet. */
export function openSession(arrival: Arrival, dependencies: SessionDependencies): void {
  const { transport, framing, view, since, permission } = arrival;
  const { hub, sessions, sessionLimits, clock, log, meter, newConnectionId } = dependencies;
  const id = newConnectionId();
  let client: TelemetryClient | undefined;
  const session = new Session({
    id,
    dialect,
    transport,
    clock,
    meter,
    hub,
    limits: sessionLimits,
    limiter: new MessageLimiter(messageDefaults),
    expiresAt: permission.expiresAt,
    onMessage: (data, isBinary) => client?.receive(data, isBinary),
    onExcess: (data, isBinary) => client?.receiveUrgent(data, isBinary) ?? false,
    onEnd({ code, cause, fault }) {
      sessions.delete(session);
      client?.end();
      log.info({ connection_id: id, code, cause, fault }, 'Telemetry client disconnected');
    },
  });
  sessions.add(session);
  log.info({ connection_id: id, transport: framing, role: permission.role }, 'Telemetry client connected');
  client = new TelemetryClient(session, view, since, { ...dependencies, permission, framing });
}

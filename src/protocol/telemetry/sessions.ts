import { refusal } from '../../access/policy.ts';
import type { Principal } from '../../access/principal.ts';
import { usualCloses } from '../../deliver/closes.ts';
import type { KeepaliveLimits } from '../../deliver/keepalive.ts';
import { ownerFields } from '../../deliver/owner.ts';
import type { SessionTerms } from '../../deliver/session-terms.ts';
import type { Sessions } from '../../deliver/sessions.ts';
import type { Transport } from '../../deliver/transport.ts';
import type { Position } from '../../feed/position.ts';
import type { Lease } from '../../feed/registry.ts';
import { type ClientDependencies, TelemetryClient } from './client.ts';
import { haltMessage } from './schema.ts';
import { dialect, type TelemetryView } from './views.ts';

/** What holds for the sessions of an endpoint. */
export interface TelemetryTerms {
  readonly viewers: SessionTerms;
  /** Of those who may command: a HALT is never lost for how much else is said. */
  readonly commanders: SessionTerms;
}

export function telemetryTerms(keepalive: KeepaliveLimits): TelemetryTerms {
  const viewers: SessionTerms = { dialect, keepalive, closes: usualCloses, urgent: undefined };
  const isWellFormed = (message: object): boolean => haltMessage.safeParse(message).success;
  return { viewers, commanders: { ...viewers, urgent: { types: ['HALT'], isWellFormed } } };
}

export interface SessionDependencies extends ClientDependencies {
  readonly sessions: Sessions;
  readonly newConnectionId: () => string;
}

export interface Arrival {
  readonly transport: Transport;
  readonly terms: TelemetryTerms;
  readonly view: Lease<TelemetryView>;
  readonly since: Position | undefined;
  readonly principal: Principal;
}

/** Starts the session of a client that was let in, and gives it its first packet. */
export function openSession(arrival: Arrival, dependencies: SessionDependencies): void {
  const { transport, view, since, principal } = arrival;
  const { sessions, log, newConnectionId } = dependencies;
  const mayCommand = refusal(principal, dependencies.commanding) === undefined;
  const terms = mayCommand ? arrival.terms.commanders : arrival.terms.viewers;
  const id = newConnectionId();
  sessions.open({ id, terms, transport, owner: principal }, (session) => {
    log.info(
      { connection_id: id, transport: transport.kind, role: principal.role, ...ownerFields(principal) },
      'Telemetry client connected',
    );
    return new TelemetryClient(session, principal, view, since, dependencies);
  });
}

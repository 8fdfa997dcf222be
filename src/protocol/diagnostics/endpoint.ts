import type { Policy } from '../../access/policy.ts';
import { createWarningThrottle } from '../../core/log.ts';
import { usualCloses } from '../../deliver/closes.ts';
import { defineEndpoint } from '../../serve/endpoint.ts';
import { hears, tells } from './api.ts';
import { type ClientDependencies, DiagnosticsClient } from './client.ts';
import { dialect } from './views.ts';

export interface EndpointDependencies extends Omit<ClientDependencies, 'warnMalformed'> {
  /** Who may look. */
  readonly viewing: Policy;
}

const malformedEveryMs = 1000;

/** `/ws/diagnostics`. Never deflated: secrets may stand beside text that others chose. */
export function diagnosticsEndpoint({ viewing, ...dependencies }: EndpointDependencies) {
  const warnMalformed = createWarningThrottle(dependencies.log, dependencies.clock, malformedEveryMs);
  const shared: ClientDependencies = { ...dependencies, warnMalformed };
  return defineEndpoint({
    id: dialect,
    description: 'Live diagnostics: telemetry and the newest logs at once, then each event as it happens',
    access: viewing,
    hears,
    tells,
    closes: usualCloses,
    // One that is behind skips events and reads on: what is dropped is counted, and it costs nothing here.
    keepalive: { slowAfterMs: Number.POSITIVE_INFINITY },
    newId: () => crypto.randomUUID(),
    connectedLine: ({ id }) => `WebSocket connected: ${id}`,
    disconnectedLine: ({ id, sent, droppedCount }) =>
      `WebSocket disconnected: ${id} (sent: ${sent}, dropped: ${droppedCount})`,
    open: () => (session) => new DiagnosticsClient(session, shared),
  });
}

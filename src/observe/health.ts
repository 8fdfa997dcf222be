import type { Clock } from '../core/clock.ts';
import type { SourceBoard } from '../source/source-board.ts';

export interface HealthOptions {
  readonly clock: Clock;
  readonly version: string;
  readonly board: SourceBoard;
  readonly clients: () => number;
}

/** How the gateway is, for people and for orchestrators. */
export function createHealth({ clock, version, board, clients }: HealthOptions) {
  const startedAt = clock.monotonic();
  return {
    /** `ok`: every source is fresh. `degraded`: it serves, but something is stale or down. */
    health() {
      const sources = board.states;
      const degraded = Object.values(sources).some(({ status }) => status !== 'fresh');
      return {
        status: degraded ? 'degraded' : 'ok',
        service: 'telemetry-bff',
        version,
        uptime_s: Math.floor((clock.monotonic() - startedAt) / 1000),
        clients: clients(),
        sources,
      };
    },
    /** Ready once each required source has answered; a later outage is shown to clients, not to the balancer. */
    readiness() {
      const missing = board.awaited.map(
        (name) => `${name}: no good answer yet (${board.states[name]?.error ?? 'not asked yet'})`,
      );
      return { ready: missing.length === 0, missing };
    },
  };
}

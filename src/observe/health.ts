import type { Clock } from '../core/clock.ts';
import type { SourceBoard } from '../source/source-board.ts';

/** Health and readiness of the gateway. */
export class Health {
  readonly #clock: Clock;
  readonly #version: string;
  readonly #board: Pick<SourceBoard, 'states' | 'awaited'>;
  readonly #clients: () => number;
  readonly #startedAt: number;

  constructor(
    clock: Clock,
    version: string,
    board: Pick<SourceBoard, 'states' | 'awaited'>,
    clients: () => number,
  ) {
    this.#clock = clock;
    this.#version = version;
    this.#board = board;
    this.#clients = clients;
    this.#startedAt = clock.monotonic();
  }

  /** `degraded`: it serves, but a source is stale or down. */
  health() {
    const sources = this.#board.states;
    const degraded = Object.values(sources).some(({ status }) => status !== 'fresh');
    return {
      status: degraded ? 'degraded' : 'ok',
      service: 'telemetry-bff',
      version: this.#version,
      uptime_s: Math.floor((this.#clock.monotonic() - this.#startedAt) / 1000),
      clients: this.#clients(),
      sources,
    };
  }

  /** Ready once each required source has answered; a later outage is shown to clients, not to the load balancer. */
  readiness() {
    const { awaited, states } = this.#board;
    const missing = awaited.map(
      (name) => `${name}: no good answer yet (${states[name]?.error ?? 'not asked yet'})`,
    );
    return { ready: missing.length === 0, missing };
  }
}

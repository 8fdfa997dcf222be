import type { TelemetryClient } from '../../src/client/index.ts';
import { sourcesOf } from './fake-gateway.ts';

export const since = '2026-01-01T00:00:00.000Z';

export const figures = {
  status: 'ACTIVE',
  market: { symbol: 'SPY', price: 450, alpha: 2 },
  agents: { Scout: { latency_ms: 1 } },
};

/** All sources are fresh. */
export const fresh = {
  ...figures,
  sources: sourcesOf('fresh', {}, { agents: { status: 'fresh', since } }),
};

/** The polls are late, and events keep the price current; the agents are given up. */
export const halfLive = {
  ...figures,
  sources: sourcesOf(
    'stale',
    { error: 'no answer in time', live: ['market.price'] },
    { agents: { status: 'down', since, error: 'HTTP 404' } },
  ),
};

export const statesOf = (client: TelemetryClient, ...paths: (string | undefined)[]) =>
  paths.map((path) => client.freshness.of(path).state);

/** Counts how often the freshness is said to have changed. */
export function countChanges(client: TelemetryClient): () => number {
  let count = 0;
  client.on('freshness', () => {
    count += 1;
  });
  return () => count;
}

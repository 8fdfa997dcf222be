import type { ConnectionStatus, PathFreshness, Sources, TelemetryDocument } from '../../client/index.ts';
import { hasSpoken, isKeptLive, sourceOf } from '../../client/vouching.ts';

/** What `client.freshness.of` is. */
export type FreshnessOf = (path?: string) => Pick<PathFreshness, 'state' | 'error'>;

/** Whether what comes in is current: not where all that is left are the last known values. */
export function isConnected({ state }: Pick<ConnectionStatus, 'state'>): boolean {
  return state === 'live' || state === 'polling';
}

/** Whether the gateway is there and says how its sources are, whatever the engine does. */
export function isTold(status: Pick<ConnectionStatus, 'state' | 'transport' | 'reason'>): boolean {
  return isConnected(status) || (isWaiting(status) && status.reason !== 'silent');
}

/** Whether there is a connection, and no document since the engine has not spoken yet. */
export function isWaiting({ state, transport }: Pick<ConnectionStatus, 'state' | 'transport'>): boolean {
  return state === 'connecting' && transport !== undefined;
}

/** Whether a document of the past calls a path current: by its source, or since events kept it so. */
export function wasFresh(document: TelemetryDocument, path: string): boolean {
  const status = document.sources?.[sourceOf(document, path)]?.status;
  return status === 'fresh' || isKeptLive(document, path);
}

/** A figure of a document, or null where it is not known: before the engine has spoken there are zeros only. */
export function figure(document: TelemetryDocument, value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && hasSpoken(document) ? value : null;
}

/** Paths that events keep current while their source is not. */
export function livePaths(sources: Sources, of: FreshnessOf): string[] {
  const told = Object.values(sources).flatMap(({ live = [] }) => live);
  return told.filter((path) => of(path).state === 'fresh');
}

import type {
  ConnectionStatus,
  PathFreshness,
  Sources,
  TelemetryClient,
  TelemetryDocument,
} from '../../client/index.ts';
import { hasSpoken, isKeptLive, sourceOf } from '../../client/vouching.ts';
import { isJsonObject } from '../../core/json.ts';

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

/** Whether the view in force is paused: what is not urgent does not come. */
export function isPaused({ granted, wanted }: Pick<TelemetryClient, 'granted' | 'wanted'>): boolean {
  // Where it polls, the gateway grants nothing in so many words.
  return (granted ?? wanted).interval === 'pause';
}

/** Whether there is a connection, and no document since the engine has not spoken yet. */
export function isWaiting({ state, transport }: Pick<ConnectionStatus, 'state' | 'transport'>): boolean {
  return state === 'connecting' && transport !== undefined;
}

/** Whether a document has a section with something in it. The gateway puts in empty ones of agents and models. */
export function isSent(document: TelemetryDocument, section: string): boolean {
  const value = document[section];
  return value !== undefined && !(isJsonObject(value) && Object.keys(value).length === 0);
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

/**
 * Since when each source has not been fresh. The gateway says since when the status is what it is, which begins anew
 * when a stale source is given up as down; and its clock may not be this machine's.
 */
export class Outages {
  readonly #since = new Map<string, number>();
  readonly #wereFresh = new Set<string>();

  /** @param now epoch ms */
  take(sources: Sources, now: number): void {
    for (const [name, { status, since }] of Object.entries(sources)) {
      if (status === 'fresh') {
        this.#since.delete(name);
        this.#wereFresh.add(name);
      } else if (!this.#since.has(name)) {
        const told = Date.parse(since);
        const isSeen = this.#wereFresh.has(name) || Number.isNaN(told);
        this.#since.set(name, isSeen ? now : Math.min(told, now));
      }
    }
  }

  /** Epoch ms of this machine; undefined where the source is fresh, or not known. */
  since(source: string): number | undefined {
    return this.#since.get(source);
  }
}

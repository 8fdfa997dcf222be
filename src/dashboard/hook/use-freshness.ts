import { useCallback, useEffect, useState } from 'preact/hooks';
import type { FreshnessState, Sources, TelemetryClient } from '../../client/index.ts';
import { sourceOf } from '../../client/vouching.ts';
import { livePaths } from '../model/knowledge.ts';
import { usePage, useSelection, useStatus } from './use-page.ts';

/** What is read of the client whenever the freshness of something changes. `read`: the same function each time. */
function useReading<Value>(read: (client: TelemetryClient) => Value): Value {
  const { client } = usePage();
  const [value, setValue] = useState(() => read(client));
  useEffect(() => {
    const refresh = (): void => setValue(() => read(client));
    refresh();
    return client.on('freshness', refresh);
  }, [client, read]);
  return value;
}

/** Whether what is at a path may be shown as current. */
export function useFreshness(path?: string): FreshnessState {
  return useReading(useCallback((client) => client.freshness.of(path).state, [path]));
}

/** What the gateway says of its sources, also while there is no document. */
export function useSources(): Sources {
  return useReading(readSources);
}

/** The paths that events keep current while their source is not, joined by commas. */
export function useLivePaths(): string {
  return useReading(readLivePaths);
}

export interface SectionFreshness {
  /** `mixed`: some of it is current, by events, and the rest is the last known. */
  readonly state: 'loading' | 'fresh' | 'mixed' | 'stale';
  /** Whether the document has the section: a view may leave it out. */
  readonly isPresent: boolean;
  /** Since when what is not current is not, epoch ms; undefined: nobody knows. */
  readonly staleSince: number | undefined;
}

export function useSectionFreshness(section: string): SectionFreshness {
  const { client, outages } = usePage();
  const status = useStatus();
  const worst = useFreshness(section);
  const live = useLivePaths().split(',');
  const isPresent = useSelection(useCallback((document) => document[section] !== undefined, [section]));
  if (status.state === 'connecting') return { state: 'loading', isPresent: true, staleSince: undefined };
  const isMixed = live.some((path) => path === section || path.startsWith(`${section}.`));
  const since = status.state === 'stale' || status.state === 'closed' ? status.since : undefined;
  return {
    state: worst === 'fresh' || !isPresent ? 'fresh' : isMixed ? 'mixed' : 'stale',
    isPresent,
    staleSince: since ?? outages.since(sourceOf(client.document, section)),
  };
}

const readSources = ({ sources }: TelemetryClient): Sources => sources;
const readLivePaths = ({ sources, freshness: { of } }: TelemetryClient): string =>
  livePaths(sources, of).join();

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { FreshnessState, Sources, TelemetryClient } from '../../client/index.ts';
import { sourceOf } from '../../client/vouching.ts';
import { isConnected, isSent, livePaths } from '../model/knowledge.ts';
import { useGranted, usePage, useSelection, useStatus } from './use-page.ts';

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

/**
 * Whether the engine has a section, as far as this page has seen: one that was sent once stays, and before the first
 * document nobody knows.
 */
export function useIsSent(section: string): boolean {
  const { state } = useStatus();
  const isSentNow = useSelection(useCallback((document) => isSent(document, section), [section]));
  const wasSent = useRef(false);
  wasSent.current ||= isSentNow;
  return wasSent.current || state === 'connecting';
}

/** Whether the view in force has a section. */
export function useIsInView(section: string): boolean {
  const { client } = usePage();
  // Where it polls, the gateway grants nothing in so many words.
  const { sections } = useGranted() ?? client.wanted;
  return sections?.includes(section) ?? true;
}

export interface SectionFreshness {
  /** `mixed`: some of it is current, by events, and the rest is the last known. */
  readonly state: 'loading' | 'fresh' | 'mixed' | 'stale';
  /** Whether the document has the section: a view may leave it out, and so may the engine. */
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
  const since = isConnected(status) ? undefined : status.since;
  return {
    state: worst === 'fresh' || !isPresent ? 'fresh' : isMixed ? 'mixed' : 'stale',
    isPresent,
    staleSince: since ?? outages.since(sourceOf(client.document, section)),
  };
}

const readSources = ({ sources }: TelemetryClient): Sources => sources;
const readLivePaths = ({ sources, freshness: { of } }: TelemetryClient): string =>
  livePaths(sources, of).join();

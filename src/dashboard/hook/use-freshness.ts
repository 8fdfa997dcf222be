import { useCallback } from 'preact/hooks';
import { isConnected, isSourceFresh, sourceOf } from '../model/knowledge.ts';
import { useStatus } from './use-client-state.ts';
import { usePage } from './use-page.ts';
import { useSelection } from './use-selection.ts';

export interface SectionFreshness {
  /** Nothing was received yet. */
  readonly isLoading: boolean;
  /** Whether the document has the section: a view may leave it out. */
  readonly isPresent: boolean;
  /** Whether what it says is the last known rather than current. */
  readonly isStale: boolean;
  /** Since when, epoch ms. */
  readonly staleSince: number | undefined;
}

export function useFreshness(section: string): SectionFreshness {
  const { outages } = usePage();
  const status = useStatus();
  const isPresent = useSelection(useCallback((document) => document[section] !== undefined, [section]));
  const source = useSelection(useCallback((document) => sourceOf(section, document), [section]));
  const isFresh = useSelection(useCallback((document) => isSourceFresh(document, source), [source]));
  const isLoading = status.state === 'connecting';
  const isOnline = isConnected(status);
  return {
    isLoading,
    isPresent: isPresent || isLoading,
    isStale: !isLoading && isPresent && !(isOnline && isFresh),
    staleSince: isOnline ? outages.since(source) : status.since,
  };
}

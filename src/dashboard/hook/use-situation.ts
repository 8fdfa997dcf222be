import { useEffect, useState } from 'preact/hooks';
import { describeSituation, type Situation } from '../model/situation.ts';
import type { PageTokens } from '../page-tokens.ts';
import { useStatus } from './use-client-state.ts';
import { useNow } from './use-now.ts';
import { usePage } from './use-page.ts';
import { useSelection } from './use-selection.ts';

/** What is going on, in words that are true to the second. */
export function useSituation(): Situation {
  const { client, outages, tokens } = usePage();
  const status = useStatus();
  const isOnline = useOnline();
  const isUnauthorised = useRefusal(tokens.onJudged);
  useSelection(selectSources);
  useSelection(selectEngineStatus);
  const isRunningOn = status.state === 'stale' || !client.freshness.isFresh;
  const now = useNow(isRunningOn);
  const { document } = client;
  return describeSituation({
    status,
    document,
    now: Math.max(now, status.since),
    awaySince: outages.since('state'),
    isUnauthorised,
    isOnline,
  });
}

function selectSources({ sources }: { readonly sources?: unknown }): unknown {
  return sources;
}

function selectEngineStatus({ status }: { readonly status?: unknown }): unknown {
  return status;
}

function useRefusal(onJudged: PageTokens['onJudged']): boolean {
  const [isRefused, setRefused] = useState(false);
  useEffect(() => onJudged(setRefused), [onJudged]);
  return isRefused;
}

function useOnline(): boolean {
  const [isOnline, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const refresh = (): void => setOnline(navigator.onLine);
    addEventListener('online', refresh);
    addEventListener('offline', refresh);
    return () => {
      removeEventListener('online', refresh);
      removeEventListener('offline', refresh);
    };
  }, []);
  return isOnline;
}

import { useEffect, useState } from 'preact/hooks';
import { describeSituation, type Situation } from '../model/situation.ts';
import { useFreshness, useLivePaths, useSources } from './use-freshness.ts';
import { useEngineStatus, useNow, usePage, useStatus } from './use-page.ts';

/** What is going on, in words that are true to the second. */
export function useSituation(): Situation {
  const { client, outages } = usePage();
  const status = useStatus();
  const isOnline = useOnline();
  const sources = useSources();
  const live = useLivePaths();
  const engineStatus = useEngineStatus();
  const isRunningOn = useFreshness() !== 'fresh';
  const now = useNow(isRunningOn);
  return describeSituation({
    status,
    engineStatus,
    sources,
    freshness: client.freshness.of(),
    live: live === '' ? [] : live.split(','),
    now: Math.max(now, status.since),
    awaySince: outages.since('state'),
    isOnline,
  });
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

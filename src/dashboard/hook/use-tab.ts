import { useEffect, useRef, useState } from 'preact/hooks';
import { type PageTab, readTab } from '../model/page-settings.ts';

/** Which tab is open: kept in the fragment of the page's address, and with it what was chosen there. */
export function useTab() {
  const [tab, setTab] = useState<PageTab>(() => readTab(location.hash) ?? 'telemetry');
  /** Of the metrics, when they were left. */
  const left = useRef('#metrics');

  useEffect(() => {
    const onHashChange = ({ oldURL }: HashChangeEvent): void => {
      const asked = readTab(location.hash);
      if (asked !== undefined) setTab(asked);
      // A place on the page was jumped to: the tab stays.
      else if (tab === 'metrics') showFragment(new URL(oldURL).hash);
    };
    addEventListener('hashchange', onHashChange);
    return () => removeEventListener('hashchange', onHashChange);
  }, [tab]);

  const choose = (next: PageTab): void => {
    if (next === tab) return;
    if (tab === 'metrics') left.current = location.hash;
    showFragment(next === 'metrics' ? left.current : '');
    setTab(next);
  };
  return [tab, choose] as const;
}

function showFragment(hash: string): void {
  history.replaceState(null, '', location.pathname + location.search + hash);
}

import { useEffect, useRef, useState } from 'preact/hooks';
import { type PageTab, readTab } from '../model/page-settings.ts';

/** Which tab is open: kept in the fragment of the page's address, and with it what was chosen there. */
export function useTab() {
  const [tab, setTab] = useState<PageTab>(() => readTab(location.hash) ?? 'telemetry');
  /** Known before the next render: two keys may be pressed in between. */
  const open = useRef(tab);
  /** Of the metrics, when they were left. */
  const left = useRef('#metrics');

  useEffect(() => {
    const onHashChange = ({ oldURL }: HashChangeEvent): void => {
      const asked = readTab(location.hash);
      // A place on the page was jumped to: the tab stays.
      if (asked === undefined && open.current === 'metrics') showFragment(new URL(oldURL).hash);
      open.current = asked ?? open.current;
      setTab(open.current);
    };
    addEventListener('hashchange', onHashChange);
    return () => removeEventListener('hashchange', onHashChange);
  }, []);

  const choose = (next: PageTab): void => {
    if (next === open.current) return;
    if (next === 'telemetry') left.current = location.hash;
    showFragment(next === 'metrics' ? left.current : '');
    open.current = next;
    setTab(next);
  };
  return [tab, choose] as const;
}

function showFragment(hash: string): void {
  history.replaceState(null, '', location.pathname + location.search + hash);
}

import { useEffect, useRef, useState } from 'preact/hooks';
import { systemClock } from '../../core/clock.ts';
import { MetricsWatch } from '../metrics-watch.ts';
import { isConnected } from '../model/knowledge.ts';
import { nothingKnown } from '../model/metrics-knowledge.ts';
import {
  formatMetricsSettings,
  type MetricsSettings,
  readMetricsSettings,
} from '../model/metrics-settings.ts';
import { readTab } from '../model/page-settings.ts';
import { usePage } from './use-page.ts';

/** The metrics, by a stream that is open for as long as somebody looks at the component. */
export function useMetrics() {
  const { client, tokens } = usePage();
  const [settings, setSettings] = useState(() => readMetricsSettings(location.hash));
  const [knowledge, setKnowledge] = useState(nothingKnown);
  const current = useRef<MetricsWatch>(undefined);

  useEffect(() => {
    const watch = new MetricsWatch({
      fetch: (url, init) => fetch(url, init),
      clock: systemClock,
      tokenNow: () => tokens.current,
      onChange: setKnowledge,
    });
    current.current = watch;
    const leaving = new AbortController();
    const onHashChange = (): void => {
      if (readTab(location.hash) !== 'metrics') return;
      setSettings(readMetricsSettings(location.hash));
      watch.show(readMetricsSettings(location.hash));
    };
    const onVisibility = (): void => (document.hidden ? watch.pause() : watch.resume());
    addEventListener('hashchange', onHashChange, leaving);
    document.addEventListener('visibilitychange', onVisibility, leaving);
    const leave = [
      () => leaving.abort(),
      tokens.onChange(() => watch.renew()),
      client.on('state', (status) => {
        if (status.state === 'stale') watch.doubt();
        else if (isConnected(status)) watch.reassure();
      }),
      () => watch.close(),
    ];
    if (document.hidden) watch.pause();
    watch.show(readMetricsSettings(location.hash));
    return () => {
      for (const end of leave) end();
    };
  }, [client, tokens]);

  const choose = (change: Partial<MetricsSettings>): void => {
    // Of the address, and not of what was rendered last: two choices may come in between.
    const next = { ...readMetricsSettings(location.hash), ...change };
    history.replaceState(null, '', location.pathname + location.search + formatMetricsSettings(next));
    setSettings(next);
    current.current?.show(next);
  };
  return { settings, knowledge, choose, retry: () => current.current?.renew() };
}

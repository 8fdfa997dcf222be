import type { ComponentChildren, FunctionComponent } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { usePage, useStatus } from '../hook/use-page.ts';
import { isConnected } from '../model/knowledge.ts';
import type { PageTab } from '../model/page-settings.ts';

const tabs = [
  { tab: 'telemetry', label: 'Telemetry' },
  { tab: 'metrics', label: 'Metrics' },
] as const;
const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, Home: -1, End: 1 };

interface TabsProps {
  readonly open: PageTab;
  readonly onOpen: (tab: PageTab) => void;
  /** The telemetry. */
  readonly children: ComponentChildren;
}

/** The telemetry, and beside it the metrics, where the gateway serves them or the page's address asks for them. */
export function Tabs({ open, onOpen, children }: TabsProps) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const serves = useServesMetrics();
  const hasTabs = serves !== false || open === 'metrics';
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    // Of two, each key leads to one end.
    const next = tabs.at(step > 0 ? -1 : 0);
    if (next === undefined) return;
    onOpen(next.tab);
    list.current?.querySelector<HTMLElement>(`[data-testid=tab-${next.tab}]`)?.focus();
  };
  const panel = (tab: string) =>
    hasTabs ? ({ role: 'tabpanel', id: `${id}-${tab}`, 'aria-labelledby': `${id}-${tab}-tab` } as const) : {};
  return (
    <>
      {hasTabs && (
        <div
          class="tabs"
          role="tablist"
          aria-label="Views"
          // Their place is kept from the start, so that nothing moves when they come.
          data-pending={serves === undefined && open !== 'metrics'}
          ref={list}
          onKeyDown={onKeyDown}
        >
          {tabs.map(({ tab, label }) => (
            <button
              key={tab}
              type="button"
              role="tab"
              id={`${id}-${tab}-tab`}
              aria-selected={tab === open}
              aria-controls={`${id}-${tab}`}
              tabIndex={tab === open ? 0 : -1}
              data-testid={`tab-${tab}`}
              onClick={() => onOpen(tab)}
            >
              {label}
            </button>
          ))}
        </div>
      )}
      {/* Hidden and not taken away: what was chosen in it stays, and its charts go on. */}
      <div class="panel" hidden={open !== 'telemetry'} {...panel('telemetry')}>
        {children}
      </div>
      {hasTabs && (
        <div class="panel" hidden={open !== 'metrics'} {...panel('metrics')}>
          {open === 'metrics' && <Metrics />}
        </div>
      )}
    </>
  );
}

/** Its code is loaded when it is opened: those who never do so do not wait for it. */
function Metrics() {
  const [View, setView] = useState<FunctionComponent>();
  const [isMissing, setMissing] = useState(false);
  useEffect(() => {
    import('./metrics-view.tsx').then(
      ({ MetricsView }) => setView(() => MetricsView),
      () => setMissing(true),
    );
  }, []);
  if (isMissing) return <p class="empty">This view could not be loaded: reload the page.</p>;
  return View === undefined ? null : <View />;
}

/** Asked when the page opens, and whenever a connection comes about until the answer is yes. Undefined: not known. */
function useServesMetrics(): boolean | undefined {
  const { tokens } = usePage();
  const isLive = isConnected(useStatus());
  const [serves, setServes] = useState<boolean>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another connection may be to another gateway
  useEffect(() => {
    if (serves) return;
    const headers = tokens.current === undefined ? undefined : { authorization: `Bearer ${tokens.current}` };
    fetch('api/stream/metrics', { method: 'HEAD', ...(headers && { headers }) }).then(
      // Whoever lacks a token is told so there, and so is who comes while the gateway is busy.
      ({ status }) => setServes(status !== 404),
      () => {},
    );
  }, [isLive, serves, tokens]);
  return serves;
}

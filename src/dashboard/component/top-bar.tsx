import { useEffect, useState } from 'preact/hooks';
import { useFreshness, useSources } from '../hook/use-freshness.ts';
import { useEngineStatus, usePage, useStatus } from '../hook/use-page.ts';
import { useSituation } from '../hook/use-situation.ts';
import { applyTheme, readTheme, themes } from '../hook/use-theme.ts';
import { describeHalt } from '../model/situation.ts';
import { CommandBar } from './command-bar.tsx';
import { Value, ValueText } from './figure.tsx';
import { SituationLine } from './situation-line.tsx';
import { SourceChips } from './sources.tsx';
import { TextWithTimes } from './time.tsx';

const tones: Readonly<Record<string, string>> = { ACTIVE: 'up', HALT: 'down', INITIALIZING: 'warn' };

export function TopBar() {
  const status = useEngineStatus() || 'unknown';
  const isStale = useFreshness('status') !== 'fresh';
  return (
    <header class="top-bar">
      <div class="top-title">
        <h1>
          <span class="unseen">Telemetry of </span>
          <Value name="symbol" path="market.symbol" />
        </h1>
        <span class="badge" data-tone={tones[status] ?? 'warn'} data-stale={isStale}>
          <ValueText text={status} name="status" path="status" />
        </span>
        <UnknownSymbol />
      </div>
      <div class="top-situation">
        <SituationLine situation={useSituation()} name="situation" />
        <HaltLine />
      </div>
      <div class="top-sources">
        <TransportBadge />
        <SourceChips />
      </div>
      <div class="top-actions">
        <CommandBar />
        <ThemeButton />
      </div>
    </header>
  );
}

/** Beside the symbol that is shown: that it is not the one that was asked for. */
function UnknownSymbol() {
  const { symbolNotice } = usePage();
  const [symbol, setSymbol] = useState<string>();
  useEffect(() => symbolNotice.onChange(setSymbol), [symbolNotice]);
  return (
    <span class="symbol-notice" role="status" data-testid="symbol-notice">
      {symbol !== undefined && `The engine knows no ${symbol}`}
    </span>
  );
}

/** Only where the page is not connected as it would like to be. */
function TransportBadge() {
  const { transport, state } = useStatus();
  if (state === 'polling') return <Badge text="POLLING" tone="warn" />;
  if (state === 'stale') return <Badge text="STALE" tone="warn" />;
  return transport === 'sse' ? <Badge text="EVENT STREAM" tone="muted" /> : null;
}

function Badge({ text, tone }: { readonly text: string; readonly tone: string }) {
  return (
    <span class="badge" data-testid="transport" data-tone={tone}>
      {text}
    </span>
  );
}

/** By whom trading was halted, why, and since when. */
function HaltLine() {
  const halt = useSources().state?.halt;
  const status = useEngineStatus();
  if (halt === undefined) return null;
  return (
    <p class="halt-line" title={halt.reason} data-testid="halt-line">
      <TextWithTimes text={describeHalt(halt, status)} />
    </p>
  );
}

const icons = { auto: '◐', light: '☀', dark: '☾' } as const;

/** Goes through the themes: as the system has it, light, dark. */
function ThemeButton() {
  const [theme, setTheme] = useState(readTheme);
  const onClick = (): void => {
    const next = themes[(themes.indexOf(readTheme()) + 1) % themes.length] ?? 'auto';
    applyTheme(next);
    setTheme(next);
  };
  return (
    <button
      type="button"
      class="quiet"
      onClick={onClick}
      aria-label={`Theme: ${theme}`}
      title={`Theme: ${theme}`}
    >
      <span aria-hidden="true">{icons[theme]}</span>
    </button>
  );
}

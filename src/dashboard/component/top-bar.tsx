import type { TelemetryDocument } from '../../client/index.ts';
import { useStatus } from '../hook/use-client-state.ts';
import { useFreshness } from '../hook/use-freshness.ts';
import { useSelection } from '../hook/use-selection.ts';
import { formatText } from '../model/format.ts';
import { CommandBar } from './command-bar.tsx';
import { Value } from './figure.tsx';
import { HaltLine } from './halt-line.tsx';
import { SourceChips } from './source-chips.tsx';
import { StatusLine } from './status-line.tsx';
import { ThemeButton } from './theme-button.tsx';

const selectSymbol = ({ market }: TelemetryDocument): unknown => market?.symbol;
const selectStatus = ({ status }: TelemetryDocument): string => status || 'unknown';
const tones: Readonly<Record<string, string>> = { ACTIVE: 'up', HALT: 'down', INITIALIZING: 'warn' };

export function TopBar() {
  const symbol = formatText(useSelection(selectSymbol));
  const status = useSelection(selectStatus);
  const isStale = useFreshness('status') !== 'fresh';
  return (
    <header class="top-bar">
      <div class="top-title">
        <h1>
          <span class="unseen">Telemetry of </span>
          <Value text={symbol} name="symbol" path="market.symbol" />
        </h1>
        <span class="badge" data-tone={tones[status] ?? 'warn'} data-stale={isStale}>
          <Value text={status} name="status" path="status" />
        </span>
      </div>
      <div class="top-situation">
        <StatusLine />
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

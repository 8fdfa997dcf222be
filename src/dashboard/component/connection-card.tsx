import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { useGranted, usePage, useStatus } from '../hook/use-page.ts';
import { formatMs } from '../model/amount.ts';
import { formatBytes, formatCount, formatRate, formatWholePercent, unknown } from '../model/format.ts';
import { fullPacketBytes, RateMeter, type Rates } from '../model/rates.ts';
import { SourceNotes } from './sources.tsx';
import { Time } from './time.tsx';
import { TokenForm } from './token-form.tsx';
import { ViewForm } from './view-form.tsx';

/** How this page is connected, and what telemetry it asks the gateway for. @param isBrief without the latter */
export function ConnectionCard({ isBrief }: { readonly isBrief: boolean }) {
  const id = useId();
  const { state, reason } = useStatus();
  return (
    <section class="card" data-area="connection" aria-labelledby={id} data-testid="card-connection">
      <header class="card-head">
        <h2 id={id}>Connection</h2>
        <span class="reason" data-testid="reason">
          {reason}
        </span>
      </header>
      <SourceNotes />
      <div class="connection">
        {!isBrief && <ConnectionFigures />}
        {!isBrief && <ViewForm />}
        {state !== 'unauthorized' && <TokenForm />}
      </div>
    </section>
  );
}

const transports = { websocket: 'WebSocket', sse: 'event stream', polling: 'polling' } as const;

interface Reading extends Rates {
  readonly seq: number | undefined;
  /** Of the document. */
  readonly timestamp: unknown;
  readonly roundTripMs: number | undefined;
  readonly reconnects: number;
  readonly resyncs: number;
}

function ConnectionFigures() {
  const { state, transport } = useStatus();
  const granted = useGranted();
  const reading = useReading();
  const symbol = granted?.symbol ?? 'default symbol';
  const sections = granted?.sections === undefined ? 'all sections' : granted.sections.join(', ');
  const pace = paceOf(granted?.interval ?? 0);
  const inForce =
    granted === undefined ? unknown : [granted.mode, granted.encoding, pace, sections, symbol].join(' · ');
  const through = transport === undefined ? '' : `, ${transports[transport]}`;
  return (
    <dl class="connection-figures">
      <Item label="State" name="connection" text={`${state}${through}`} />
      <Item label="Role" name="role" text={granted === undefined ? unknown : roleText(granted)} />
      <Item label="Sequence" name="seq" text={formatCount(reading?.seq)} />
      <Item label="Engine's time" name="engine-time">
        <Time value={reading?.timestamp} />
      </Item>
      <Item label="Updates/s" name="updates-per-second" text={formatRate(reading?.updatesPerSecond)} />
      <Item
        label="Bytes/s, uncompressed"
        name="bytes-per-second"
        text={reading === undefined ? unknown : formatBytes(reading.bytesPerSecond)}
      />
      <Item label="Saved against full JSON" name="saved" text={formatWholePercent(reading?.saved)} />
      <Item
        label="Round trip"
        name="round-trip"
        text={reading?.roundTripMs === undefined ? unknown : `${formatMs(reading.roundTripMs)} ms`}
      />
      <Item
        label="Reconnects, resyncs"
        name="reconnects"
        text={`${formatCount(reading?.reconnects)}, ${formatCount(reading?.resyncs)}`}
      />
      <Item label="Options in force" name="granted" text={inForce} isWide />
    </dl>
  );
}

function paceOf(interval: number | 'pause'): string {
  if (interval === 'pause') return 'paused, urgent news only';
  return interval === 0 ? 'each change' : `every ${interval} ms`;
}

function roleText({ role, commands }: { readonly role: string; readonly commands: boolean }): string {
  return commands ? `${role}, may halt` : role;
}

interface ItemProps {
  readonly label: string;
  readonly name: string;
  readonly text?: string;
  readonly isWide?: boolean;
  /** In place of the text. */
  readonly children?: ComponentChildren;
}

function Item({ label, name, text, isWide = false, children = text }: ItemProps) {
  return (
    <div class={isWide ? 'wide' : undefined}>
      <dt>{label}</dt>
      <dd data-testid={name}>{children}</dd>
    </div>
  );
}

/** The client's figures, read each second. */
function useReading(): Reading | undefined {
  const { client } = usePage();
  const meter = useRef(new RateMeter());
  const [reading, setReading] = useState<Reading>();
  useEffect(() => {
    const read = (): void => {
      const { stats, document, position } = client;
      const seq = position?.seq;
      const rates = meter.current.read({ at: performance.now(), stats }, fullPacketBytes(document, seq ?? 0));
      const { roundTripMs, reconnects, resyncs } = stats;
      const { timestamp } = document;
      setReading({ ...rates, seq, timestamp, roundTripMs, reconnects, resyncs });
    };
    read();
    const timer = setInterval(read, 1000);
    const leave = client.on('granted', () => meter.current.reset());
    return () => {
      clearInterval(timer);
      leave();
    };
  }, [client]);
  return reading;
}

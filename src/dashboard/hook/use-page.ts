import { createContext } from 'preact';
import { useCallback, useContext, useEffect, useState } from 'preact/hooks';
import { type KnownPath, valueAt } from '../../client/document.ts';
import type { ConnectionStatus, TelemetryClient, TelemetryDocument } from '../../client/index.ts';
import { currencyOf } from '../model/amount.ts';
import type { Outages } from '../model/knowledge.ts';
import { figure } from '../model/knowledge.ts';
import type { LogTrail } from '../model/log-trail.ts';
import type { Pause } from '../model/pause.ts';
import type { Recorder } from '../model/recorder.ts';
import type { SymbolNotice } from '../model/symbol-notice.ts';
import type { PageTokens } from '../page-tokens.ts';

/** What the parts of the page share. Made once, before the first render. */
export interface PageServices {
  readonly client: TelemetryClient;
  readonly pause: Pause;
  readonly recorder: Recorder;
  readonly logTrail: LogTrail;
  readonly outages: Outages;
  readonly symbolNotice: SymbolNotice;
  readonly tokens: PageTokens;
}

export const PageContext = createContext<PageServices | undefined>(undefined);

export function usePage(): PageServices {
  const page = useContext(PageContext);
  if (page === undefined) throw new Error('a part of the page is used outside of it');
  return page;
}

export function useStatus(): ConnectionStatus {
  const { client } = usePage();
  const [status, setStatus] = useState(client.status);
  useEffect(() => {
    setStatus(client.status);
    return client.on('state', setStatus);
  }, [client]);
  return status;
}

/** Undefined before the first packet, and where only polling works. */
export function useGranted(): TelemetryClient['granted'] {
  const { client } = usePage();
  const [granted, setGranted] = useState(client.granted);
  useEffect(() => {
    const refresh = (): void => setGranted(client.granted);
    refresh();
    const leave = [client.on('granted', refresh), client.on('state', refresh)];
    return () => {
      for (const end of leave) end();
    };
  }, [client]);
  return granted;
}

/**
 * What a function makes of the document: the component renders again when that is another value, at the next
 * animation frame.
 *
 * @param select the same function each time, from outside of the component
 */
export function useSelection<Value>(
  select: (document: TelemetryDocument) => Value,
  isEqual: (a: Value, b: Value) => boolean = Object.is,
): Value {
  const { client } = usePage();
  const [value, setValue] = useState(() => select(client.document));
  useEffect(() => client.select(select, (next) => setValue(() => next), isEqual), [client, select, isEqual]);
  return value;
}

/** What is at a path of the document; a number is null where it is not known. */
export function useValue(path: KnownPath): unknown {
  return useSelection(
    useCallback(
      (document) => {
        const value = valueAt(document, path);
        return typeof value === 'number' ? figure(document, value) : value;
      },
      [path],
    ),
  );
}

/** A figure of the document; null where it is not known. */
export function useFigure(path: KnownPath): number | null {
  const value = useValue(path);
  return typeof value === 'number' ? value : null;
}

/** The currency that the document states for a section; a portfolio's is the market's where it states none. */
export function useCurrency(section: 'market' | 'portfolio'): string | undefined {
  const market = useValue('market.currency');
  const own = useValue(`${section}.currency`);
  return currencyOf(own) ?? currencyOf(market);
}

/** What the engine says that it does. */
export function useEngineStatus(): TelemetryDocument['status'] {
  return useSelection(selectEngineStatus);
}

const selectEngineStatus = ({ status }: TelemetryDocument): TelemetryDocument['status'] => status;

/** Epoch ms; renders the component again each second, while `isTicking`. */
export function useNow(isTicking: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    setNow(Date.now());
    if (!isTicking) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isTicking]);
  return now;
}

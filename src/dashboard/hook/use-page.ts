import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { TelemetryClient } from '../../client/index.ts';
import type { LogTrail } from '../model/log-trail.ts';
import type { Outages } from '../model/outages.ts';
import type { Recorder } from '../model/recorder.ts';
import type { PageTokens } from '../page-tokens.ts';

/** What the parts of the page share. Made once, before the first render. */
export interface PageServices {
  readonly client: TelemetryClient;
  readonly recorder: Recorder;
  readonly logTrail: LogTrail;
  readonly outages: Outages;
  readonly tokens: PageTokens;
}

export const PageContext = createContext<PageServices | undefined>(undefined);

export function usePage(): PageServices {
  const page = useContext(PageContext);
  if (page === undefined) throw new Error('a part of the page is used outside of it');
  return page;
}

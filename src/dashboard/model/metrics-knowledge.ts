import { isJsonObject, type JsonObject } from '../../core/json.ts';

/** How the page stands towards the stream of metrics. */
type MetricsLink = 'connecting' | 'open' | MetricsEnd;
/** `missing`: the gateway has no such stream. */
export type MetricsEnd = 'lost' | 'unauthorized' | 'refused' | 'missing';

/**
 * - `waiting`: the stream stands, and has brought nothing yet.
 * - `live`: the figures are current, on the gateway's word. It is the only state in which they are.
 * - `away`: the gateway says that it does not get any from the engine.
 * - `silent`: nothing came for so long that the stream may be dead.
 */
export type MetricsState = Exclude<MetricsLink, 'open'> | 'waiting' | 'live' | 'away' | 'silent';

/** What is known of the metrics of one range. A new object on each change. */
export interface MetricsKnowledge {
  readonly state: MetricsState;
  /** Why, in the words of the gateway or the browser; empty: there is nothing to say. */
  readonly reason: string;
  /** The newest figures, current or not; undefined: there were none. */
  readonly figures: JsonObject | undefined;
  /** How far the clock of the gateway that brought them is ahead of this machine's, ms. */
  readonly skewMs: number;
  /** When they came, epoch ms. */
  readonly receivedAt: number | undefined;
  /** Since when they are the last known, epoch ms; undefined: they are current, or there are none. */
  readonly staleSince: number | undefined;
  readonly link: MetricsLink;
  readonly isSilent: boolean;
  /** What the gateway said last on this stream, of the engine: that it answers, or why not. Undefined: nothing yet. */
  readonly engine: { readonly fault: string | undefined } | undefined;
}

export const nothingKnown: MetricsKnowledge = {
  state: 'connecting',
  reason: '',
  figures: undefined,
  skewMs: 0,
  receivedAt: undefined,
  staleSince: undefined,
  link: 'connecting',
  isSilent: false,
  engine: undefined,
};

export type MetricsNews =
  | { readonly kind: 'connecting' | 'opened' | 'heard' }
  /** `since`: epoch ms, when something was heard last. */
  | { readonly kind: 'silent'; readonly since: number }
  | { readonly kind: 'figures'; readonly figures: JsonObject; readonly skewMs: number }
  /** `since`: epoch ms of this machine; undefined: nobody says. */
  | { readonly kind: 'fault'; readonly error: string; readonly since: number | undefined }
  | { readonly kind: 'ended'; readonly end: MetricsEnd; readonly reason: string };

/** What is known after some news. `now`: epoch ms. */
export function learn(before: MetricsKnowledge, news: MetricsNews, now: number): MetricsKnowledge {
  const parts = { ...before, ...changeBy(news, now) };
  const state = stateOf(parts);
  const isStale = parts.figures !== undefined && state !== 'live';
  const told = 'since' in news ? Math.min(news.since ?? now, now) : now;
  return {
    ...parts,
    state,
    reason: (parts.link === 'open' ? parts.engine?.fault : parts.reason) ?? '',
    staleSince: isStale ? (before.staleSince ?? told) : undefined,
  };
}

function changeBy(news: MetricsNews, now: number): Partial<MetricsKnowledge> {
  switch (news.kind) {
    case 'connecting':
    case 'opened': {
      const link = news.kind === 'opened' ? 'open' : 'connecting';
      return { link, isSilent: false, engine: undefined, reason: '' };
    }
    case 'heard':
      return { isSilent: false };
    case 'silent':
      return { isSilent: true };
    case 'figures':
      return { figures: news.figures, skewMs: news.skewMs, receivedAt: now, engine: { fault: undefined } };
    case 'fault':
      return { engine: { fault: news.error } };
    case 'ended':
      return { link: news.end, isSilent: false, engine: undefined, reason: news.reason };
  }
}

function stateOf({ link, isSilent, engine }: MetricsKnowledge): MetricsState {
  if (link !== 'open') return link;
  if (isSilent) return 'silent';
  if (engine === undefined) return 'waiting';
  return engine.fault === undefined ? 'live' : 'away';
}

/**
 * What an event of the stream says.
 *
 * @param skewMs how far the gateway's clock is ahead of this machine's
 */
export function readMetricsEvent(data: string, name: string, skewMs: number): MetricsNews | undefined {
  const said = parse(data);
  if (name === 'error_info') {
    const { error, timestamp } = said ?? {};
    return {
      kind: 'fault',
      error: typeof error === 'string' ? error : 'the gateway does not say why',
      since: typeof timestamp === 'number' ? timestamp * 1000 - skewMs : undefined,
    };
  }
  if (name !== 'message') return undefined;
  return said === undefined
    ? { kind: 'fault', error: 'an update could not be read', since: undefined }
    : { kind: 'figures', figures: said, skewMs };
}

function parse(data: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

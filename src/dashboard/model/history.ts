import type { Fetch, TelemetryDocument } from '../../client/index.ts';
import { isJsonObject } from '../../core/json.ts';

/** A past version of the document. */
export interface HistoryPoint {
  /** When the gateway made it, epoch ms of this machine's clock. */
  readonly at: number;
  readonly document: TelemetryDocument;
}

export interface HistoryAnswer {
  /** Oldest first. */
  readonly points: readonly HistoryPoint[];
  /** How far back the gateway remembers, epoch ms of this machine's clock; undefined: it does not say. */
  readonly since: number | undefined;
}

export interface HistoryQuery {
  /** How far back, 1 to 86,400. */
  readonly seconds: number;
  readonly sections: readonly string[];
  /** One point for so many seconds. */
  readonly step: number;
  /** Undefined: the engine's default document. */
  readonly symbol: string | undefined;
}

/** Rejects where the gateway refuses. */
export type FetchHistory = (query: HistoryQuery) => Promise<HistoryAnswer>;

const timeoutMs = 10_000;
/** `Date` counts whole seconds: a smaller difference between two clocks says nothing. */
const minSkewMs = 2000;

/** `GET api/telemetry/history`, relative to the page. */
export function createFetchHistory(fetch: Fetch, tokenNow: () => string | undefined): FetchHistory {
  return async ({ seconds, sections, step, symbol }) => {
    const query = new URLSearchParams({
      seconds: String(seconds),
      sections: sections.join(','),
      step: String(step),
      ...(symbol === undefined ? {} : { symbol }),
    });
    const token = tokenNow();
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(`api/telemetry/history?${query}`, {
      headers,
      signal: AbortSignal.timeout(timeoutMs),
      cache: 'no-store',
    });
    if (!response.ok) throw new Error(`the gateway answered ${response.status}`);
    const skewMs = skewOf(response.headers.get('date'));
    const since = Date.parse(response.headers.get('x-telemetry-history-since') ?? '') - skewMs;
    return {
      points: readPoints(await response.json(), skewMs),
      since: Number.isNaN(since) ? undefined : since,
    };
  };
}

/** How far the gateway's clock is ahead of this one, ms. */
export function skewOf(date: string | null): number {
  const skew = Date.parse(date ?? '') - Date.now();
  return Math.abs(skew) >= minSkewMs ? skew : 0;
}

export function readPoints(answer: unknown, skewMs: number): HistoryPoint[] {
  if (!Array.isArray(answer)) return [];
  return answer.flatMap((entry: unknown): HistoryPoint[] => {
    if (!isJsonObject(entry) || typeof entry.at !== 'string' || !isJsonObject(entry.data)) return [];
    const at = Date.parse(entry.at);
    return Number.isNaN(at) ? [] : [{ at: at - skewMs, document: entry.data }];
  });
}

import type { TelemetryDocument } from './document.ts';
import type { ClientState, Freshness } from './types.ts';

const worstFirst = ['down', 'stale', 'fresh'] as const;

export function readFreshness(
  state: ClientState,
  { sources }: TelemetryDocument,
  silentMs: number | undefined,
  unchangedMs: number | undefined,
): Freshness {
  const statuses = Object.values(sources ?? {}).map((source) => source?.status);
  return {
    isFresh: (state === 'live' || state === 'polling') && sources?.state?.status === 'fresh',
    silentMs,
    unchangedMs,
    sources: worstFirst.find((status) => statuses.includes(status)),
  };
}

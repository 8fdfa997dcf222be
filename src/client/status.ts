import type { Lane } from './lane.ts';
import type { ClientState, ConnectionStatus } from './types.ts';

/** What the state of a client follows from. */
export interface Standing {
  readonly isClosed: boolean;
  /** Whether a document was ever received. */
  readonly hasDocument: boolean;
  /** What the document comes by. */
  readonly live: Pick<Lane, 'name' | 'isSilent'> | undefined;
  /** Why there is nothing better. */
  readonly reasons: string;
}

/** The status now: `before` itself where it is still the same. */
export function nextStatus(before: ConnectionStatus, standing: Standing, nowMs: number): ConnectionStatus {
  const { live, reasons } = standing;
  const state = stateOf(standing);
  const reason = live?.isSilent ? 'silent' : reasons;
  const transport = live?.name;
  if (before.state === state && before.reason === reason && before.transport === transport) return before;
  return { state, reason, transport, since: before.state === state ? before.since : nowMs };
}

function stateOf({ isClosed, hasDocument, live }: Standing): ClientState {
  if (isClosed) return 'closed';
  if (live === undefined) return hasDocument ? 'stale' : 'connecting';
  if (live.isSilent) return 'stale';
  return live.name === 'polling' ? 'polling' : 'live';
}

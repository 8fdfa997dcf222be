import type { Lane } from './lane.ts';
import type { ClientState } from './types.ts';

/**
 * The state of a client that is not closed.
 *
 * @param live what the document comes by
 * @param hasDocument whether one was ever received
 */
export function stateOf(
  live: Pick<Lane, 'name' | 'isSilent'> | undefined,
  hasDocument: boolean,
): ClientState {
  if (live === undefined) return hasDocument ? 'stale' : 'connecting';
  if (live.isSilent) return 'stale';
  return live.name === 'polling' ? 'polling' : 'live';
}

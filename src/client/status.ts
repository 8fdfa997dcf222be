import type { Lane } from './lane.ts';
import type { ClientState } from './types.ts';

/**
 * The state of a client that is not closed.
 *
 * @param live what packets come by
 * @param hasDocument whether the engine has spoken
 */
export function stateOf(
  live: Pick<Lane, 'name' | 'isSilent'> | undefined,
  hasDocument: boolean,
): ClientState {
  if (!hasDocument) return 'connecting';
  if (live === undefined || live.isSilent) return 'stale';
  return live.name === 'polling' ? 'polling' : 'live';
}

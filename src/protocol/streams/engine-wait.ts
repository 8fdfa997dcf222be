import type { Session } from '../../deliver/session.ts';
import type { InstanceSource } from './instance/instance-source.ts';
import { refuse } from './stream-client.ts';

/** How long a client may have to wait for the engine's first answer. */
const waitMs = 5000;

/**
 * Waits for the engine's first answer; a client that waits in vain is told so and sent away, unless it has left.
 * @param hasLeft whether it has, asked when the wait is over
 */
export async function engineAnswered(
  session: Session,
  source: InstanceSource,
  hasLeft: () => boolean,
): Promise<boolean> {
  const answered = await source.answered(waitMs);
  if (!answered && !hasLeft()) refuse(session, 'engine_unavailable', 'The engine has not answered yet');
  return answered;
}

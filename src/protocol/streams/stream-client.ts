import { usualCloses } from '../../deliver/closes.ts';
import type { Session } from '../../deliver/session.ts';
import type { Client, MessageOf } from '../../serve/endpoint.ts';
import type { InstanceSource } from './instance/instance-source.ts';
import { type ErrorCode, errorCloses, type hears, messageOf } from './packets.ts';

export const dialect = 'streams';
/** Frames that a client may lack and still be sent each of them. */
export const maxBehind = 256;
/** How long a client may have to wait for the engine's first answer. */
const engineWaitMs = 5000;

/** What holds for each stream. Never compressed: what the logs hold stands beside texts that others choose. */
export const commonTerms = {
  closes: usualCloses,
  // No pings: only what the client sends of its own accord says that somebody is there.
  keepalive: {
    pingEveryMs: Number.POSITIVE_INFINITY,
    silentAfterMs: Number.POSITIVE_INFINITY,
    idleAfterMs: 90_000,
  },
  connectedLine: () => 'Stream client connected',
  disconnectedLine: () => 'Stream client disconnected',
};

const pong = messageOf({ type: 'pong' });

/** A client that has nothing to say but pings. */
export class StreamClient implements Client<MessageOf<typeof hears>> {
  /** Path of its URL. */
  readonly view: string;
  protected readonly session: Session;

  constructor(session: Session, path: string) {
    this.session = session;
    this.view = path;
  }

  /** What its messages may be, for people. */
  protected get expected(): string {
    return '{"type":"ping"}';
  }

  receive(_ping: MessageOf<typeof hears>): void {
    this.session.answer(pong);
  }

  unreadable(): boolean {
    refuse(this.session, 'invalid_frame', `expected a text frame ${this.expected}`);
    return true;
  }
}

/**
 * Waits for the engine's first answer; a client that waits in vain is told so and sent away, unless it has left.
 * @param hasLeft whether it has, asked when the wait is over
 */
export async function engineAnswered(
  session: Session,
  source: Pick<InstanceSource, 'answered'>,
  hasLeft: () => boolean,
): Promise<boolean> {
  const answered = await source.answered(engineWaitMs);
  if (!answered && !hasLeft()) refuse(session, 'engine_unavailable', 'The engine has not answered yet');
  return answered;
}

/** Tells a client why it is sent away, and closes the connection. */
export function refuse(session: Session, code: ErrorCode, message: string): void {
  session.refused(code);
  session.dismiss(messageOf({ type: 'error', code, message }), errorCloses[code]);
}

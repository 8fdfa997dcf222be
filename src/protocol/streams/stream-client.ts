import { usualCloses } from '../../deliver/closes.ts';
import type { Session } from '../../deliver/session.ts';
import type { Client, MessageOf } from '../../serve/endpoint.ts';
import { type ErrorCode, errorCloses, streamMessage, type streamsHear } from './packets.ts';

export const streamsDialect = 'streams';
/** Frames that a client may lack and still be sent each of them. */
export const maxBehind = 256;
/** How long a client may have to wait for the engine's first answer. */
const engineWaitMs = 5000;

/** Common to all streams. Never compressed: logs may hold secrets beside text that others choose. */
export const commonTerms = {
  closes: usualCloses,
  // No pings from here: a client must send its own to stay connected.
  keepalive: {
    pingEveryMs: Number.POSITIVE_INFINITY,
    silentAfterMs: Number.POSITIVE_INFINITY,
    idleAfterMs: 90_000,
  },
  connectedLine: () => 'Stream client connected',
  disconnectedLine: () => 'Stream client disconnected',
};

const pong = streamMessage({ type: 'pong' });

/** A client that sends nothing but pings. */
export class StreamClient implements Client<MessageOf<typeof streamsHear>> {
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

  receive(_ping: MessageOf<typeof streamsHear>): void {
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
  source: { answered(ms: number): Promise<boolean> },
  hasLeft: () => boolean,
): Promise<boolean> {
  const answered = await source.answered(engineWaitMs);
  if (!answered && !hasLeft()) refuse(session, 'engine_unavailable', 'The engine has not answered yet');
  return answered;
}

/** Tells a client why it is sent away, and closes the connection. */
export function refuse(session: Session, code: ErrorCode, message: string): void {
  session.refused(code);
  session.dismiss(streamMessage({ type: 'error', code, message }), errorCloses[code]);
}

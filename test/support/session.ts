import { MessageLimiter, messageDefaults } from '../../src/deliver/message-limiter.ts';
import { sessionDefaults } from '../../src/deliver/patience.ts';
import { Session, type SessionOptions } from '../../src/deliver/session.ts';

type Parts = Pick<SessionOptions, 'transport' | 'clock' | 'meter' | 'hub'> & Partial<SessionOptions>;

/** A session of the dialect `test` as they usually are, which nobody listens to. */
export function newSession(parts: Parts): Session {
  return new Session({
    id: 'one',
    dialect: 'test',
    limits: sessionDefaults,
    limiter: new MessageLimiter(messageDefaults),
    expiresAt: undefined,
    onMessage: () => {},
    onEnd: () => {},
    ...parts,
  });
}

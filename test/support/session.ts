import { MessageLimiter, messageDefaults } from '../../src/deliver/message-limiter.ts';
import { sessionDefaults } from '../../src/deliver/patience.ts';
import { Session, type SessionClient, type SessionOptions } from '../../src/deliver/session.ts';
import type { Arrival, Sessions } from '../../src/deliver/sessions.ts';
import { anyone } from './principals.ts';

type Parts = Pick<SessionOptions, 'transport' | 'clock' | 'meter' | 'hub'> & Partial<SessionOptions>;

/** A session of the dialect `test` as they usually are. */
export function newSession(parts: Parts, client: Partial<SessionClient> = {}): Session {
  const session = new Session({
    id: 'one',
    dialect: 'test',
    limits: sessionDefaults,
    limiter: new MessageLimiter(messageDefaults),
    owner: anyone,
    onEnd: () => {},
    ...parts,
  });
  session.attend({ view: 'test', receive: () => {}, ended: () => {}, ...client });
  return session;
}

/** The same, looked after by `sessions`. */
export function openSession(
  sessions: Sessions,
  arrival: Pick<Arrival, 'transport'> & Partial<Arrival>,
  create: (session: Session) => Partial<SessionClient> | undefined,
): Session {
  const opened: Session[] = [];
  sessions.open(
    { id: 'one', dialect: 'test', limits: sessionDefaults, owner: anyone, ...arrival },
    (session) => {
      opened.push(session);
      return { view: 'test', receive: () => {}, ended: () => {}, ...create(session) };
    },
  );
  const [session] = opened;
  if (session === undefined) throw new Error('no session was made');
  return session;
}

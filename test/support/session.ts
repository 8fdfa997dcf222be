import type { Close } from '../../src/deliver/closes.ts';
import { usualCloses } from '../../src/deliver/closes.ts';
import { keepaliveDefaults } from '../../src/deliver/keepalive.ts';
import type { SessionParts } from '../../src/deliver/recipient.ts';
import { Session } from '../../src/deliver/session.ts';
import type { Admitted, SessionClient, SessionTerms } from '../../src/deliver/session-terms.ts';
import type { Sessions } from '../../src/deliver/sessions.ts';
import type { Lease } from '../../src/feed/registry.ts';
import { anyone } from './principals.ts';

/** What a session is given, and what of its terms is not as usual. */
type Given = Pick<Admitted, 'transport'> & Partial<Admitted> & { readonly own?: Partial<SessionTerms> };

const arrivalOf = ({ own, ...arrival }: Given): Admitted => ({
  id: 'one',
  owner: anyone,
  terms: { dialect: 'test', keepalive: keepaliveDefaults, closes: usualCloses, ...own },
  ...arrival,
});

/** A session of the dialect `test` as they usually are. */
export function newSession(
  {
    clock,
    meter,
    hub,
    onEnd = () => {},
    ...given
  }: Given & SessionParts & { readonly onEnd?: (session: Session) => void },
  client: Partial<SessionClient> = {},
): Session {
  const session = new Session(arrivalOf(given), { clock, meter, hub }, onEnd);
  session.attend({ view: 'test', receive: () => {}, ended: () => {}, ...client });
  return session;
}

/** The same, looked after by `sessions`. */
export function openSession(
  sessions: Sessions,
  given: Given,
  create: (session: Session) => Partial<SessionClient> | undefined,
): Session {
  const opened: Session[] = [];
  sessions.open(arrivalOf(given), (session) => {
    opened.push(session);
    return { view: 'test', receive: () => {}, ended: () => {}, ...create(session) };
  });
  const [session] = opened;
  if (session === undefined) throw new Error('no session was made');
  return session;
}

/** Of something that nobody counts. */
export const leaseOf = <Resource>(resource: Resource): Lease<Resource> => ({ resource, release: () => {} });

/** An end that only one dialect knows. */
export const closeAs = (reason: string): Close => ({ code: 4000, reason });

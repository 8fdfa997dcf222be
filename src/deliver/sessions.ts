import type { SessionParts } from './recipient.ts';
import { Session } from './session.ts';
import type { Admitted, SessionClient, SessionState } from './session-terms.ts';

/** How often each session is checked. */
const checkEveryMs = 500;
/** In how many parts: to check thousands of sessions at once would hold up a command. */
const checkRounds = 10;

/** All sessions of the gateway, whatever their dialect: looked after together, and closed together. */
export class Sessions {
  /** Each with the round that it is checked in. */
  readonly #sessions = new Map<Session, Set<Session>>();
  readonly #rounds: readonly Set<Session>[] = Array.from({ length: checkRounds }, () => new Set());
  #arrivals = 0;
  readonly #perDialect = new Map<string, number>();
  readonly #parts: SessionParts;
  readonly #stopChecks: () => void;
  #shuttingDown = false;
  #onEmpty: (() => void) | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#stopChecks = this.#startChecks();
  }

  get size(): number {
    return this.#sessions.size;
  }

  #startChecks(): () => void {
    let turn = 0;
    return this.#parts.clock.every(checkEveryMs / checkRounds, () => {
      turn = (turn + 1) % checkRounds;
      const now = this.#parts.clock.monotonic();
      for (const session of this.#rounds[turn] ?? []) session.check(now);
    });
  }

  /** Starts a session. @param create sends the first packet, and says who takes the messages. */
  open(arrival: Admitted, create: (session: Session) => SessionClient): void {
    const session = new Session(arrival, this.#parts, this.#onEnd);
    this.#add(session);
    session.attend(create(session));
  }

  #add(session: Session): void {
    const round = this.#rounds[this.#arrivals % checkRounds] ?? new Set();
    this.#arrivals += 1;
    round.add(session);
    this.#sessions.set(session, round);
    this.#parts.meter.count('bff_connections_total', { dialect: session.dialect });
    this.#countClient(session.dialect, 1);
    // Its token was still being verified when the others were closed.
    if (this.#shuttingDown) session.close('shutdown');
  }

  /** Made once: there are thousands of sessions. */
  readonly #onEnd = (session: Session): void => {
    this.#sessions.get(session)?.delete(session);
    if (!this.#sessions.delete(session)) return;
    this.#countClient(session.dialect, -1);
    if (this.#sessions.size === 0) this.#onEmpty?.();
  };

  /** How they are, those furthest behind first, `limit` at most. */
  states(limit: number): readonly SessionState[] {
    return Array.from(this.#sessions.keys(), (session) => ({ session, behind: session.behind }))
      .sort((a, b) => b.behind - a.behind)
      .slice(0, limit)
      .map(({ session }) => session.state);
  }

  /** Makes room for an operator: ends the session of the viewer that is furthest behind. False: there is none. */
  dismissFurthestBehind(): boolean {
    let furthest: Session | undefined;
    let most = -1;
    for (const session of this.#sessions.keys()) {
      if (session.owner.isOperator || session.isOver || session.behind <= most) continue;
      most = session.behind;
      furthest = session;
    }
    furthest?.close('slow');
    return furthest !== undefined;
  }

  /** Closes every session as `shutdown`; those that did not answer within `timeoutMs` are terminated. */
  async shutDown(timeoutMs: number): Promise<void> {
    this.#stopChecks();
    this.#shuttingDown = true;
    for (const session of this.#sessions.keys()) session.close('shutdown');
    if (this.#sessions.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.clock.after(timeoutMs, resolve);
      this.#onEmpty = () => {
        cancel();
        resolve();
      };
    });
    for (const session of this.#sessions.keys()) session.terminate();
  }

  #countClient(dialect: string, change: number): void {
    const clients = (this.#perDialect.get(dialect) ?? 0) + change;
    this.#perDialect.set(dialect, clients);
    this.#parts.meter.gauge('bff_clients', { dialect }, clients);
  }
}

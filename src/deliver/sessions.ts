import type { Clock } from '../core/clock.ts';
import type { Meter } from '../core/meter.ts';
import type { Hub } from './hub.ts';
import { MessageLimiter, messageDefaults } from './message-limiter.ts';
import { Session, type SessionClient, type SessionOptions } from './session.ts';
import type { SessionState } from './session-state.ts';

/** A client that was let in. */
export type Arrival = Pick<SessionOptions, 'id' | 'dialect' | 'transport' | 'limits' | 'owner'>;

/** Each session is checked so often, */
const checkEveryMs = 500;
/** in so many parts: with thousands of sessions the whole takes longer than a command should have to wait. */
const checkParts = 10;

/** All sessions of the gateway, whatever their dialect: looked after together, and closed together. */
export class Sessions {
  /** Each with the part that it is checked in. */
  readonly #sessions = new Map<Session, Set<Session>>();
  readonly #parts: readonly Set<Session>[] = Array.from({ length: checkParts }, () => new Set());
  #arrivals = 0;
  readonly #perDialect = new Map<string, number>();
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #meter: Meter;
  readonly #stopChecks: () => void;
  #shuttingDown = false;
  #onEmpty: (() => void) | undefined;

  constructor({ hub, clock, meter }: { hub: Hub; clock: Clock; meter: Meter }) {
    this.#hub = hub;
    this.#clock = clock;
    this.#meter = meter;
    this.#stopChecks = this.#startChecks();
  }

  get size(): number {
    return this.#sessions.size;
  }

  #startChecks(): () => void {
    let turn = 0;
    return this.#clock.every(checkEveryMs / checkParts, () => {
      turn = (turn + 1) % checkParts;
      const now = this.#clock.monotonic();
      for (const session of this.#parts[turn] ?? []) session.check(now);
    });
  }

  /** Starts a session. @param create sends the first packet, and says who takes the messages. */
  open(arrival: Arrival, create: (session: Session) => SessionClient): void {
    const session = new Session({
      ...arrival,
      ...{ hub: this.#hub, clock: this.#clock, meter: this.#meter },
      limiter: new MessageLimiter(messageDefaults),
      onEnd: this.#delete,
    });
    this.#add(session);
    session.attend(create(session));
  }

  #add(session: Session): void {
    const part = this.#parts[this.#arrivals % checkParts] ?? new Set();
    this.#arrivals += 1;
    part.add(session);
    this.#sessions.set(session, part);
    this.#meter.count('bff_connections_total', { dialect: session.dialect });
    this.#tally(session.dialect, 1);
    // Its token may have taken longer to verify than the others took to be told.
    if (this.#shuttingDown) session.close('shutdown');
  }

  readonly #delete = (session: Session): void => {
    this.#sessions.get(session)?.delete(session);
    if (!this.#sessions.delete(session)) return;
    this.#tally(session.dialect, -1);
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
      const cancel = this.#clock.after(timeoutMs, resolve);
      this.#onEmpty = () => {
        cancel();
        resolve();
      };
    });
    for (const session of this.#sessions.keys()) session.terminate();
  }

  #tally(dialect: string, change: number): void {
    const clients = (this.#perDialect.get(dialect) ?? 0) + change;
    this.#perDialect.set(dialect, clients);
    this.#meter.gauge('bff_clients', { dialect }, clients);
  }
}

import type { Clock } from '../core/clock.ts';
import type { Meter } from '../core/meter.ts';
import type { Message } from '../encode/message.ts';
import type { Rendition } from '../encode/rendition.ts';
import type { Lease } from '../feed/registry.ts';
import { AnswerLane } from './answer-lane.ts';
import type { Close, CloseCause } from './closes.ts';
import { FanOutCounts } from './fan-out-counts.ts';
import type { Follower, Following } from './following.ts';
import { Followings } from './followings.ts';
import type { Hub } from './hub.ts';
import { Incoming } from './incoming.ts';
import { Keepalive, type KeepaliveEnd } from './keepalive.ts';
import type { MessageVerdict } from './message-limiter.ts';
import type { SessionOwner } from './owner.ts';
import { type SessionState, sessionState } from './session-state.ts';
import type { Admitted, SessionClient, SessionTerms } from './session-terms.ts';
import type { Transport, TransportEnd, TransportEvents } from './transport.ts';
import type { View } from './view.ts';

/** What is the same for all sessions of the gateway. */
export interface SessionParts {
  readonly clock: Clock;
  readonly meter: Meter;
  readonly hub: Hub;
  /** Told first of the end of each. */
  readonly onEnd: (session: Session) => void;
}

/** What most sessions have of something: shared, and never changed. */
const none: readonly never[] = [];

/** One client: what it follows, how far it is, and whether it keeps up. */
export class Session implements Follower, TransportEvents {
  readonly id: string;
  readonly #parts: SessionParts;
  readonly #terms: SessionTerms;
  readonly #transport: Transport;
  readonly #keepalive: Keepalive;
  /** Epoch ms. */
  readonly #openedAt: number;
  #owner: SessionOwner;
  #client: SessionClient | undefined;
  readonly #followings = new Followings();
  #held: readonly Lease<unknown>[] = none;
  /** Those that wait. Undefined: none does. */
  #answers: AnswerLane | undefined;
  /** Undefined: it said nothing yet. */
  #incoming: Incoming | undefined;
  #answersSent = 0;
  /** Updates that it could not be sent when they came. */
  #skipped = 0;
  /** Events that it was not sent and will not be. */
  #dropped = 0;
  #hasEnded = false;
  #closedAs: string | undefined;
  #dismissedBy: Close | undefined;

  constructor({ id, terms, transport, owner }: Admitted, parts: SessionParts) {
    this.id = id;
    this.#parts = parts;
    this.#terms = terms;
    this.#transport = transport;
    this.#owner = owner;
    this.#openedAt = parts.clock.now();
    this.#keepalive = new Keepalive(terms.keepalive, parts.clock.monotonic());
    transport.start(this);
  }

  /** Who takes its messages from now on, and is told of its end. */
  attend(client: SessionClient): void {
    this.#client = client;
  }

  get dialect(): string {
    return this.#terms.dialect;
  }

  get owner(): SessionOwner {
    return this.#owner;
  }

  /** Its client has shown another token: from now on that says whose it is, and until when. */
  renew(owner: SessionOwner): void {
    this.#owner = owner;
  }

  /** Keeps something for the client, and gives it back at the end, or at once where that has come. */
  hold<Resource>(lease: Lease<Resource>): Resource {
    if (this.#hasEnded) lease.release();
    else this.#held = this.#held.concat(lease);
    return lease.resource;
  }

  /**
   * Follows a view from its newest state on: at once, or when the client can be sent to. The lease is the session's
   * from now on, and given back when the view is left, or the session ends.
   *
   * @param first what it is sent first, which shows that state. It is made when it is sent, so that a client which
   *   reads nothing gathers no states here. Default: the newest state as all are sent it
   * @param since the position of the last message that the client holds: where the view can tell what came after
   *   that, it is sent this instead
   */
  follow(lease: Lease<View<Rendition>>, first?: () => Message, since?: string): Following<View> {
    const view = lease.resource;
    const cursor = since === undefined ? undefined : view.rendition.cursorAt(since);
    const following = view.add(lease, this, this.#transport, first, cursor);
    // What it waited for may have taken longer than its client stayed.
    if (this.#hasEnded) {
      this.#followings.giveBack(following);
      return following;
    }
    this.#followings.add(following);
    const now = this.#parts.clock.monotonic();
    if (cursor === undefined) this.#sendWhole(following, now);
    else this.#catchUp(now);
    return following;
  }

  leave(following: Following<View>): void {
    this.#followings.remove(following);
  }

  /** How many versions or events of what it follows it was not sent yet. */
  get behind(): number {
    return this.#followings.behind;
  }

  /** How it is, for people and for whoever looks for the slow ones. */
  get state(): SessionState {
    return sessionState({
      id: this.id,
      dialect: this.dialect,
      transport: this.#transport,
      owner: this.#owner,
      counts: { sent: this.sent, behind: this.behind, skipped: this.#skipped },
      view: this.#client?.view ?? '',
      openedAt: this.#openedAt,
    });
  }

  /** Messages sent to the client so far, answers included; those that wait are not. */
  get sent(): number {
    return this.#followings.sent + this.#answersSent;
  }

  /** Events that it will not be sent, since it was too far behind. */
  get droppedCount(): number {
    return this.#dropped;
  }

  resync(following: Following<View>): void {
    following.view.reset(following);
    this.#sendWhole(following, this.#parts.clock.monotonic());
  }

  /** The client could not be sent an update: it will be given the newest state when it drains. */
  blocked(now: number): void {
    this.#skipped += 1;
    this.#keepalive.blocked(now);
  }

  /** Has the client told of the events that were dropped until now: it may read nothing until it leaves. */
  countDropped(): void {
    this.#followings.countDropped();
  }

  /** The client was too slow to be sent so many events. */
  dropped(count: number): void {
    this.#dropped += count;
    this.#parts.meter.count('bff_dropped_total', { dialect: this.dialect }, count);
    this.#client?.dropped?.(count);
  }

  /** Sends a direct answer, ahead of updates that are not sent yet. */
  answer(message: Message): void {
    if (this.#answers === undefined && this.#sendAnswer(message)) return;
    if (!this.#transport.open) return;
    this.#answers ??= new AnswerLane();
    this.#answers.push(message);
    if (this.#answers.isFull) this.#transport.pause();
  }

  #sendAnswer(message: Message): boolean {
    const bytes = this.#transport.answer(message);
    if (bytes === 0) return false;
    this.#counted((counts) => counts.add(message, bytes));
    this.#answersSent += 1;
    return true;
  }

  /** Says why, and ends the session: the client is sent `message` before it is closed, and nothing in between. */
  dismiss(message: Message, close: Close): void {
    if (this.#dismissedBy !== undefined) return;
    this.#dismissedBy = close;
    this.#followings.removeAll();
    this.answer(message);
    if (this.#answers === undefined) this.close(close);
    else this.blocked(this.#parts.clock.monotonic());
  }

  /** @param close a cause of the core, in the endpoint's words, or an end that its dialect alone knows */
  close(close: Close | CloseCause): void {
    if (this.#closedAs !== undefined) return;
    const words = typeof close === 'string' ? this.#terms.closes[close] : close;
    this.#closedAs = words.reason;
    this.#transport.close(words);
  }

  terminate(): void {
    this.#transport.terminate();
  }

  /** Looks after the connection: pings, and the ends of the silent and the slow. Called about twice a second. */
  check(now: number): void {
    const { clock, hub } = this.#parts;
    const { expiresAt } = this.#owner;
    if (expiresAt !== undefined && clock.now() >= expiresAt) {
      this.close('tokenExpired');
      return;
    }
    const end = this.#keepalive.endedBy(now, this.#transport.heardAt);
    if (end !== undefined) {
      this.#endAs(end);
      return;
    }
    if (this.#keepalive.takeProbe(now)) this.#transport.probe();
    if (this.#keepalive.isBlocked) this.countDropped();
    this.#followings.repeat(now, hub);
  }

  /** Nobody would read why a silent client is cut off. */
  #endAs(end: KeepaliveEnd): void {
    if (end !== 'silent') {
      this.close(end);
      return;
    }
    this.#closedAs ??= end;
    this.#transport.terminate();
  }

  onMessage(data: Buffer, isBinary: boolean): void {
    if (this.isOver) return;
    const verdict = this.#admit();
    if (verdict === 'admitted') this.#client?.receive(data, isBinary);
    else if (!this.#hear().takeUrgent(data, isBinary, (message) => this.#client?.receive(message, false)))
      this.#refuse(verdict);
  }

  onControl(): boolean {
    if (this.isOver) return false;
    const verdict = this.#admit();
    if (verdict === 'admitted') return true;
    this.#refuse(verdict);
    return false;
  }

  #admit(): MessageVerdict {
    const now = this.#parts.clock.monotonic();
    this.#keepalive.heard(now);
    return this.#hear().admit(now);
  }

  #hear(): Incoming {
    this.#incoming ??= new Incoming(this.#terms, this.#parts.clock);
    return this.#incoming;
  }

  /** Counts something that its client said in vain. @param reason stable, of a bounded set */
  refused(reason: string): void {
    this.#parts.meter.count('bff_rejected_total', { edge: this.dialect, reason });
  }

  #refuse(verdict: MessageVerdict): void {
    this.refused('rate');
    if (verdict === 'flooding') this.close('rateLimited');
  }

  /** Whether the gateway has ended it: a client may go on sending until it answers the close frame, or never does. */
  get isOver(): boolean {
    return this.#closedAs !== undefined || this.#dismissedBy !== undefined;
  }

  onDrain(): void {
    if (this.#answers?.drain((message) => this.#sendAnswer(message)) === false) return;
    this.#answers = undefined;
    this.#transport.resume();
    if (this.#dismissedBy !== undefined) this.close(this.#dismissedBy);
    this.#keepalive.retry(() => this.#catchUp(this.#parts.clock.monotonic()));
  }

  /** Sends what the views have that it lacks: true if anything was sent. */
  #catchUp(now: number): boolean {
    const { sent } = this;
    this.#followings.catchUp(now, this.#parts.hub, (following) =>
      this.#counted((counts) => following.view.catchUp(following, now, counts)),
    );
    return this.sent > sent;
  }

  #sendWhole(following: Following<View>, now: number): void {
    this.#counted((counts) => following.view.sendWhole(following, now, counts));
  }

  #counted(send: (counts: FanOutCounts) => void): void {
    const counts = new FanOutCounts();
    send(counts);
    counts.count(this.#parts.meter, this.dialect);
  }

  onEnd(end: TransportEnd): void {
    this.#hasEnded = true;
    this.#followings.removeAll();
    for (const lease of this.#held) lease.release();
    this.#answers = undefined;
    const { meter, onEnd } = this.#parts;
    const { dialect } = this;
    if (end.fault === 'socket') meter.count('bff_send_failures_total', { dialect });
    else if (end.fault !== undefined) this.refused(end.fault);
    onEnd(this);
    this.#incoming?.flush();
    this.#client?.ended({ ...end, cause: this.#closedAs });
  }
}

import type { Clock } from '../core/clock.ts';
import type { Meter } from '../core/meter.ts';
import type { Message } from '../encode/message.ts';
import type { Rendition } from '../encode/rendition.ts';
import type { Lease } from '../feed/registry.ts';
import type { Close, CloseCause } from './closes.ts';
import { FanOutCounts } from './fan-out-counts.ts';
import type { Follower, Following } from './following.ts';
import type { Hub } from './hub.ts';
import { Keepalive, type KeepaliveEnd } from './keepalive.ts';
import { MessageLimiter, type MessageVerdict, messageDefaults } from './message-limiter.ts';
import type { SessionOwner } from './owner.ts';
import { type SessionState, sessionState } from './session-state.ts';
import type { Admitted, SessionClient, SessionTerms } from './session-terms.ts';
import type { Transport, TransportEnd, TransportEvents } from './transport.ts';
import { UrgentMessages } from './urgent-messages.ts';
import type { View } from './view.ts';

/** Direct answers that may wait for a client; when there are more, nothing further is read from it. */
const maxWaitingAnswers = 64;

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
  #followings: readonly Following<View>[] = none;
  #held: readonly Lease<unknown>[] = none;
  #answers: Message[] | undefined;
  /** Most clients say nothing. */
  #limiter: MessageLimiter | undefined;
  #urgent: UrgentMessages | undefined;
  /** Messages sent besides those that the views count. */
  #sentBeside = 0;
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
      this.#giveBack(following);
      return following;
    }
    this.#followings = this.#followings.concat(following);
    const now = this.#parts.clock.monotonic();
    if (cursor === undefined) this.#sendWhole(following, now);
    else this.#catchUp(now);
    return following;
  }

  leave(following: Following<View>): void {
    if (!this.#followings.includes(following)) return;
    this.#followings = this.#followings.filter((other) => other !== following);
    this.#giveBack(following);
  }

  /** How many versions or events of what it follows it was not sent yet. */
  get behind(): number {
    return Math.max(0, ...this.#followings.map((following) => following.view.behind(following)));
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
    return this.#followings.reduce(
      (sum, following) => sum + following.view.sentTo(following),
      this.#sentBeside,
    );
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
    for (const following of this.#followings) following.view.countDropped(following);
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
    this.#answers ??= [];
    this.#answers.push(message);
    if (this.#answers.length >= maxWaitingAnswers) this.#transport.pause();
  }

  #sendAnswer(message: Message): boolean {
    const bytes = this.#transport.answer(message);
    if (bytes === 0) return false;
    this.#counted((counts) => counts.add(message, bytes));
    this.#sentBeside += 1;
    return true;
  }

  /** Says why, and ends the session: the client is sent `message` before it is closed, and nothing in between. */
  dismiss(message: Message, close: Close): void {
    if (this.#dismissedBy !== undefined) return;
    this.#dismissedBy = close;
    for (const following of this.#followings) this.leave(following);
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
    for (const following of this.#followings) {
      // By a sweep, which yields: in a quiet hour thousands are due at the same time.
      if (following.view.isRepeatDue(following, now)) hub.request(following.view);
    }
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
    else if (!this.#takeUrgent(data, isBinary)) this.#refuse(verdict);
  }

  #takeUrgent(data: Buffer, isBinary: boolean): boolean {
    const { urgent } = this.#terms;
    if (urgent === undefined) return false;
    this.#urgent ??= new UrgentMessages(urgent, this.#parts.clock);
    return this.#urgent.take(data, isBinary, (message) => this.#client?.receive(message, false));
  }

  /** A client may ping instead of sending messages; that costs as much to read, so it counts as one. */
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
    this.#limiter ??= new MessageLimiter(this.#terms.messages ?? messageDefaults);
    return this.#limiter.admit(now);
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
    for (let next = this.#answers?.[0]; next !== undefined; next = this.#answers?.[0]) {
      if (!this.#sendAnswer(next)) return;
      this.#answers?.shift();
    }
    this.#answers = undefined;
    this.#transport.resume();
    if (this.#dismissedBy !== undefined) this.close(this.#dismissedBy);
    this.#keepalive.retry(() => this.#catchUp(this.#parts.clock.monotonic()));
  }

  /** Sends what the views have that it lacks: true if anything was sent. */
  #catchUp(now: number): boolean {
    const { sent } = this;
    for (const following of this.#followings) {
      const { view } = following;
      if (!view.isBehind(following)) continue;
      if (view.isDue(following, now)) this.#counted((counts) => view.catchUp(following, now, counts));
      else this.#parts.hub.request(view);
    }
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

  #giveBack(following: Following<View>): void {
    const { view, lease } = following;
    this.#sentBeside += view.sentTo(following);
    view.remove(following);
    lease.release();
  }

  onEnd(end: TransportEnd): void {
    this.#hasEnded = true;
    const followings = this.#followings;
    this.#followings = none;
    for (const following of followings) this.#giveBack(following);
    for (const lease of this.#held) lease.release();
    this.#answers = undefined;
    const { meter, onEnd } = this.#parts;
    const { dialect } = this;
    if (end.fault === 'socket') meter.count('bff_send_failures_total', { dialect });
    else if (end.fault !== undefined) this.refused(end.fault);
    onEnd(this);
    this.#urgent?.flush();
    this.#client?.ended({ ...end, cause: this.#closedAs });
  }
}

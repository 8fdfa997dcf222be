import type { Clock } from '../core/clock.ts';
import type { CloseCause } from '../core/errors.ts';
import type { Meter } from '../core/meter.ts';
import type { Message } from '../encode/message.ts';
import type { Packet } from '../encode/rendition.ts';
import type { Channel, Subscription } from './channel.ts';
import type { Hub } from './hub.ts';
import type { MessageLimiter, MessageVerdict } from './message-limiter.ts';
import type { SessionOwner } from './owner.ts';
import { Patience, type SessionLimits } from './patience.ts';
import { type SessionState, sessionState } from './session-state.ts';
import { Tally } from './tally.ts';
import type { Transport, TransportEnd } from './transport.ts';

export interface SessionEnd extends TransportEnd {
  /** Why the gateway ended it; undefined where the client did, or the network. */
  readonly cause: CloseCause | undefined;
}

export interface SessionOptions {
  readonly id: string;
  readonly dialect: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly hub: Hub;
  readonly limits: SessionLimits;
  readonly limiter: MessageLimiter;
  /** Told first of its end. */
  readonly onEnd: (session: Session) => void;
  readonly owner: SessionOwner;
}

/** Direct answers that may wait for a client; when there are more, nothing further is read from it. */
const maxWaitingAnswers = 64;

/** What a dialect makes of a session. */
export interface SessionClient {
  /** What it sees, for people. */
  readonly view: string;
  /** Takes a message within the rate allowed. Must not throw. */
  receive(data: Buffer, isBinary: boolean): void;
  /** Takes one over it: true if it was acted on all the same, since it must not wait. Default: none is. */
  receiveUrgent?(data: Buffer, isBinary: boolean): boolean;
  /** So many more events will not be sent, since it is too far behind. Default: nobody needs to know. */
  missed?(count: number): void;
  /** Gives back what it holds. */
  ended(end: SessionEnd): void;
}

/** One client: what it follows, how far it is, and whether it keeps up. */
export class Session {
  readonly id: string;
  readonly dialect: string;
  readonly #options: SessionOptions;
  readonly #transport: Transport;
  readonly #subscriptions: Subscription[] = [];
  readonly #answers: Message[] = [];
  readonly #patience: Patience;
  /** Packets sent besides those that the subscriptions count. */
  #sentBeside = 0;
  /** Updates that it could not be sent when they came. */
  #skipped = 0;
  /** Epoch ms. */
  readonly #openedAt: number;
  #closeCause: CloseCause | undefined;
  #dismissedFor: CloseCause | undefined;
  #client: SessionClient | undefined;

  constructor(options: SessionOptions) {
    this.id = options.id;
    this.dialect = options.dialect;
    this.#options = options;
    this.#transport = options.transport;
    this.#openedAt = options.clock.now();
    this.#patience = new Patience(options.limits, options.clock.monotonic());
    options.transport.start({
      onMessage: (data, isBinary) => this.#receive(data, isBinary),
      onControl: () => this.#admitControl(),
      onDrain: () => this.#drain(),
      onEnd: (end) => this.#end(end),
    });
  }

  /** Who takes its messages from now on, and is told of its end. */
  attend(client: SessionClient): void {
    this.#client = client;
  }

  /**
   * Follows a channel from its newest state on, which `opening` shows: at once, or when the client can be sent to.
   * It is made when it is sent, so that a client which reads nothing gathers no states here.
   */
  follow(channel: Channel, opening: () => Packet): Subscription {
    const subscription = channel.add(this, this.#transport, opening);
    this.#subscriptions.push(subscription);
    this.#sendWhole(subscription, this.#options.clock.monotonic());
    return subscription;
  }

  unfollow(subscription: Subscription): void {
    const index = this.#subscriptions.indexOf(subscription);
    if (index < 0) return;
    this.#subscriptions.splice(index, 1);
    this.#leave(subscription);
  }

  get owner(): SessionOwner {
    return this.#options.owner;
  }

  /** How many versions or events of what it follows it was not sent yet. */
  get behind(): number {
    return Math.max(
      0,
      ...this.#subscriptions.map((subscription) => subscription.channel.behind(subscription)),
    );
  }

  /** How it is, for people and for whoever looks for the slow ones. */
  get state(): SessionState {
    const { transport, owner } = this.#options;
    const { id, dialect, sent, behind } = this;
    const counts = { sent, behind, skipped: this.#skipped };
    return sessionState({
      id,
      dialect,
      transport,
      owner,
      counts,
      view: this.#client?.view ?? '',
      openedAt: this.#openedAt,
    });
  }

  /** Packets sent to the client so far, answers included; those that wait are not. */
  get sent(): number {
    return this.#subscriptions.reduce(
      (sum, subscription) => sum + subscription.channel.sentTo(subscription),
      this.#sentBeside,
    );
  }

  /** Sends the whole newest state, whatever was sent before: at once, or when the client can be sent to. */
  resync(subscription: Subscription): void {
    subscription.channel.reset(subscription);
    this.#sendWhole(subscription, this.#options.clock.monotonic());
  }

  /** The client could not be sent an update: it will be given the newest state when it drains. */
  blocked(now: number): void {
    this.#skipped += 1;
    this.#patience.blocked(now);
  }

  /** Has the client told of the events that it missed until now: it may read nothing until it leaves. */
  countMissed(): void {
    for (const subscription of this.#subscriptions) subscription.channel.countMissed(subscription);
  }

  /** The client was too slow to be sent so many events. */
  missed(count: number): void {
    const { dialect, meter } = this.#options;
    meter.count('bff_dropped_total', { dialect }, count);
    this.#client?.missed?.(count);
  }

  /** Sends a direct answer, ahead of updates that are not sent yet. */
  answer(packet: Packet): void {
    const { message } = packet;
    this.#counted((tally) => tally.add(packet, message.plain.length));
    if (this.#answers.length === 0 && this.#transport.answer(message)) {
      this.#sentBeside += 1;
      return;
    }
    if (!this.#transport.open) return;
    this.#answers.push(message);
    if (this.#answers.length >= maxWaitingAnswers) this.#transport.pause();
  }

  /** Says why, and ends the session: the client is sent `packet` before it is closed, and nothing in between. */
  dismiss(packet: Packet, cause: CloseCause): void {
    if (this.#dismissedFor !== undefined) return;
    this.#dismissedFor = cause;
    for (const subscription of [...this.#subscriptions]) this.unfollow(subscription);
    this.answer(packet);
    if (this.#answers.length === 0) this.close(cause);
    else this.blocked(this.#options.clock.monotonic());
  }

  close(cause: CloseCause): void {
    if (this.#closeCause !== undefined) return;
    this.#closeCause = cause;
    this.#transport.close(cause);
  }

  terminate(): void {
    this.#transport.terminate();
  }

  /** Looks after the connection: pings, and the ends of the silent and the slow. Called about twice a second. */
  check(now: number): void {
    const { clock, hub } = this.#options;
    const { expiresAt } = this.#options.owner;
    const expired = expiresAt !== undefined && clock.now() >= expiresAt;
    const cause = expired ? 'tokenExpired' : this.#patience.endedBy(now, this.#transport.heardAt);
    if (cause !== undefined) {
      this.close(cause);
      return;
    }
    if (this.#patience.takeProbe(now)) this.#transport.probe();
    if (this.#patience.isBlocked) this.countMissed();
    for (const subscription of this.#subscriptions) {
      const { channel } = subscription;
      // By a sweep, which yields: in a quiet hour thousands are due at the same time.
      if (channel.isRepeatDue(subscription, now)) hub.request(channel);
    }
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.isOver) return;
    const verdict = this.#admit();
    if (verdict === 'admitted') this.#client?.receive(data, isBinary);
    else if (this.#client?.receiveUrgent?.(data, isBinary) !== true) this.#refuse(verdict);
  }

  /** A client may ping instead of sending messages; that costs as much to read, so it counts as one. */
  #admitControl(): boolean {
    if (this.isOver) return false;
    const verdict = this.#admit();
    if (verdict === 'admitted') return true;
    this.#refuse(verdict);
    return false;
  }

  #admit(): MessageVerdict {
    const now = this.#options.clock.monotonic();
    this.#patience.heard(now);
    return this.#options.limiter.admit(now);
  }

  #refuse(verdict: MessageVerdict): void {
    const { dialect, meter } = this.#options;
    meter.count('bff_rejected_total', { edge: dialect, reason: 'rate' });
    if (verdict === 'flooding') this.close('rateLimited');
  }

  /** Whether the gateway has ended it: a client may go on sending until it answers the close frame, or never does. */
  get isOver(): boolean {
    return this.#closeCause !== undefined || this.#dismissedFor !== undefined;
  }

  #drain(): void {
    while (this.#answers.length > 0) {
      const next = this.#answers[0];
      if (next === undefined || !this.#transport.answer(next)) return;
      this.#answers.shift();
      this.#sentBeside += 1;
    }
    this.#transport.resume();
    if (this.#dismissedFor !== undefined) this.close(this.#dismissedFor);
    this.#patience.retry(() => this.#catchUp(this.#options.clock.monotonic()));
  }

  /** Sends what the subscriptions lack: true if anything was sent. */
  #catchUp(now: number): boolean {
    const { sent } = this;
    for (const subscription of this.#subscriptions) {
      const { channel } = subscription;
      if (!channel.isBehind(subscription)) continue;
      if (channel.isDue(subscription, now))
        this.#counted((tally) => channel.catchUp(subscription, now, tally));
      else this.#options.hub.request(channel);
    }
    return this.sent > sent;
  }

  #sendWhole(subscription: Subscription, now: number): void {
    this.#counted((tally) => subscription.channel.sendWhole(subscription, now, tally));
  }

  #counted(send: (tally: Tally) => void): void {
    const tally = new Tally();
    send(tally);
    tally.count(this.#options.meter, this.dialect);
  }

  #leave(subscription: Subscription): void {
    this.#sentBeside += subscription.channel.sentTo(subscription);
    subscription.channel.remove(subscription);
  }

  #end(end: TransportEnd): void {
    for (const subscription of this.#subscriptions) this.#leave(subscription);
    this.#subscriptions.length = 0;
    this.#answers.length = 0;
    const { dialect, meter, onEnd } = this.#options;
    if (end.fault === 'socket') meter.count('bff_send_failures_total', { dialect });
    else if (end.fault !== undefined) meter.count('bff_rejected_total', { edge: dialect, reason: end.fault });
    onEnd(this);
    this.#client?.ended({ ...end, cause: this.#closeCause });
  }
}

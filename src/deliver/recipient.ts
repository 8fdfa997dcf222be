import type { Clock } from '../core/clock.ts';
import type { Meter } from '../core/meter.ts';
import type { Message } from '../encode/message.ts';
import type { Rendition } from '../encode/rendition.ts';
import type { Lease } from '../feed/registry.ts';
import { FanOutCounts } from './fan-out-counts.ts';
import type { Hub } from './hub.ts';
import { Keepalive } from './keepalive.ts';
import type { SessionTerms } from './session-terms.ts';
import type { Transport } from './transport.ts';
import type { Follower, Following, View } from './view.ts';

/** What is the same for all sessions of the gateway. */
export interface SessionParts {
  readonly clock: Clock;
  readonly meter: Meter;
  readonly hub: Hub;
}

/** Direct answers that may wait for a client; when there are more, nothing further is read from it. */
const maxWaiting = 64;
/** Shared by all that have no followings. */
const none: readonly never[] = [];

/** What one client is sent: updates of the views that it follows, and direct answers, which go first. */
export class Recipient implements Follower {
  protected readonly parts: SessionParts;
  protected readonly terms: SessionTerms;
  protected readonly transport: Transport;
  protected readonly keepalive: Keepalive;
  #followings: readonly Following[] = none;
  /** Direct answers that wait for a client which does not keep up. Undefined: none does. */
  #answers: Message[] | undefined;
  /** Answers sent, and messages of views that were left. */
  #sentBesides = 0;
  #skipped = 0;
  #dropped = 0;
  /** Its client is gone. */
  protected hasEnded = false;

  constructor(parts: SessionParts, terms: SessionTerms, transport: Transport) {
    this.parts = parts;
    this.terms = terms;
    this.transport = transport;
    this.keepalive = new Keepalive(terms.keepalive, parts.clock.monotonic());
  }

  get dialect(): string {
    return this.terms.dialect;
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
  follow(lease: Lease<View<Rendition>>, first?: () => Message, since?: string): Following {
    const view = lease.resource;
    const cursor = since === undefined ? undefined : view.rendition.cursorAt(since);
    const following = view.add(lease, this, this.transport, first, cursor);
    // The client may have left while the view was acquired.
    if (this.hasEnded) {
      this.#giveBack(following);
      return following;
    }
    this.#followings = this.#followings.concat(following);
    const now = this.parts.clock.monotonic();
    if (cursor === undefined) this.#sendWhole(following, now);
    else this.catchUp(now);
    return following;
  }

  leave(following: Following): void {
    if (!this.#followings.includes(following)) return;
    this.#followings = this.#followings.filter((other) => other !== following);
    this.#giveBack(following);
  }

  protected leaveAll(): void {
    const all = this.#followings;
    this.#followings = none;
    for (const following of all) this.#giveBack(following);
  }

  #giveBack(following: Following): void {
    const { view, lease } = following;
    this.#sentBesides += view.sentTo(following);
    view.remove(following);
    lease.release();
  }

  resync(following: Following): void {
    following.view.reset(following);
    this.#sendWhole(following, this.parts.clock.monotonic());
  }

  /** Messages sent to the client so far, answers included; those that wait are not. */
  get sent(): number {
    return this.#followings.reduce((sum, one) => sum + one.view.sentTo(one), this.#sentBesides);
  }

  /** The most versions or events of any one view that it was not sent yet. */
  get behind(): number {
    return Math.max(0, ...this.#followings.map((following) => following.view.behind(following)));
  }

  /** Updates that it could not be sent when they came. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Events that it will not be sent, since it was too far behind. */
  get droppedCount(): number {
    return this.#dropped;
  }

  /** The client could not be sent an update: it will be given the newest state when it drains. */
  blocked(now: number): void {
    this.#skipped += 1;
    this.keepalive.blocked(now);
  }

  /** The client was too slow to be sent so many events. */
  dropped(count: number): void {
    this.#dropped += count;
    this.parts.meter.count('bff_dropped_total', { dialect: this.dialect }, count);
  }

  /** Counts the events that were dropped until now: a client may read nothing until it leaves. */
  countDropped(): void {
    for (const following of this.#followings) following.view.countDropped(following);
  }

  /** Sends a direct answer, ahead of updates that are not sent yet. */
  answer(message: Message): void {
    if (this.#answers === undefined && this.#sendAnswer(message)) return;
    if (!this.transport.open) return;
    this.#answers ??= [];
    this.#answers.push(message);
    if (this.#answers.length >= maxWaiting) this.transport.pause();
  }

  protected get hasAnswersWaiting(): boolean {
    return this.#answers !== undefined;
  }

  /** Sends the answers that wait, in order. False: not all could be sent. */
  protected drainAnswers(): boolean {
    for (let next = this.#answers?.[0]; next !== undefined; next = this.#answers?.[0]) {
      if (!this.#sendAnswer(next)) return false;
      this.#answers?.shift();
    }
    this.#answers = undefined;
    return true;
  }

  #sendAnswer(message: Message): boolean {
    const bytes = this.transport.answer(message);
    if (bytes === 0) return false;
    this.#counted((counts) => counts.add(message, bytes));
    this.#sentBesides += 1;
    return true;
  }

  /** Sends what it lacks at once, or has a sweep send it when it is due. True if anything was sent. */
  protected catchUp(now: number): boolean {
    const { sent } = this;
    for (const following of this.#followings) {
      const { view } = following;
      if (view.behind(following) <= 0) continue;
      if (view.isDue(following, now)) this.#counted((counts) => view.catchUp(following, now, counts));
      else this.parts.hub.request(view);
    }
    return this.sent > sent;
  }

  /** Has due updates repeated by a sweep, which yields: in a quiet hour, thousands are due at the same time. */
  protected repeat(now: number): void {
    for (const following of this.#followings) {
      if (following.view.isRepeatDue(following, now)) this.parts.hub.request(following.view);
    }
  }

  #sendWhole(following: Following, now: number): void {
    this.#counted((counts) => following.view.sendWhole(following, now, counts));
  }

  #counted(send: (counts: FanOutCounts) => void): void {
    const counts = new FanOutCounts();
    send(counts);
    counts.count(this.parts.meter, this.dialect);
  }

  /** The client is gone: nothing is sent from now on. */
  protected end(): void {
    this.hasEnded = true;
    this.leaveAll();
    this.#answers = undefined;
  }
}

import type { Message } from '../encode/message.ts';
import type { Lease } from '../feed/registry.ts';

/** Who follows views: a session. */
export interface Follower {
  /** Told that its client could not be sent an update. */
  blocked(now: number): void;
  /** Told that it is too far behind to be sent so many events, besides those that it was told of before. */
  dropped(count: number): void;
  leave(following: Following): void;
  resync(following: Following): void;
}

/** What a session follows: its place in one view, which it holds the lease of. */
export class Following<View = unknown> {
  readonly lease: Lease<View>;
  readonly session: Follower;
  /** Index in the view's arrays. */
  slot: number;
  /** Makes the first message, where it was not sent yet: it may say more than an update does. */
  first: (() => Message) | undefined;
  /** Of the events dropped since where it stands, those that the session knows of. */
  #droppedKnown = 0;

  constructor(lease: Lease<View>, session: Follower, slot: number, first: (() => Message) | undefined) {
    this.lease = lease;
    this.session = session;
    this.slot = slot;
    this.first = first;
  }

  get view(): View {
    return this.lease.resource;
  }

  /** Ends it, and gives the view back. */
  leave(): void {
    this.session.leave(this);
  }

  /** Sends the whole newest state, whatever was sent before: at once, or when the client can be sent to. */
  resync(): void {
    this.session.resync(this);
  }

  /** @param dropped all that it will not be sent, from where it stands on */
  noteDropped(dropped: number): void {
    const more = dropped - this.#droppedKnown;
    this.#droppedKnown = dropped;
    if (more > 0) this.session.dropped(more);
  }

  /** It stands somewhere else now. */
  forgetDropped(): void {
    this.#droppedKnown = 0;
  }
}

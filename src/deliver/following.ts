import type { Message } from '../encode/message.ts';
import type { Lease } from '../feed/registry.ts';

/** A session, as the views that it follows know it. */
export interface Follower {
  /** Its client could not be sent an update. */
  blocked(now: number): void;
  /** It is too far behind to be sent so many more events. */
  dropped(count: number): void;
  leave(following: Following): void;
  resync(following: Following): void;
}

/** A session in one view, whose lease it holds. */
export class Following<View = unknown> {
  readonly lease: Lease<View>;
  readonly session: Follower;
  /** Index in the view's arrays. */
  slot: number;
  /** Makes the first message, which may say more than an update. Undefined once it was sent. */
  first: (() => Message) | undefined;
  /** Of the events dropped after its cursor, how many the session was told of. */
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

  /** Leaves the view and releases its lease. */
  leave(): void {
    this.session.leave(this);
  }

  /** Sends the newest state, whatever was sent before, as soon as the client is writable. */
  resync(): void {
    this.session.resync(this);
  }

  /** @param dropped all events after its cursor that it will not be sent */
  noteDropped(dropped: number): void {
    const more = dropped - this.#droppedKnown;
    this.#droppedKnown = dropped;
    if (more > 0) this.session.dropped(more);
  }

  /** Its cursor has moved. */
  forgetDropped(): void {
    this.#droppedKnown = 0;
  }
}

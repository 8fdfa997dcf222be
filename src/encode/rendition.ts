import type { Message } from './message.ts';

/** What a session is to be sent next, by its cursor. */
export interface Step {
  readonly message: Message;
  /** Its cursor after that. */
  readonly seq: number;
  /** Events that it will not be sent, since it was too far behind. 0 for a state, which replaces all before. */
  readonly dropped: number;
}

/** News of a rendition, as a sweep brings it to all sessions. */
export interface SweepUpdate {
  readonly seq: number;
  /** When the earliest event in it was received, monotonic ms; undefined where none is in it. */
  readonly receivedAt: number | undefined;
  /** The next step of a session that was sent everything up to `cursor`, which is below `seq`. */
  after(cursor: number): Step;
}

/** What does not wait for the interval of a view. `now`: sent at once. `limited`: at once, then once a second. */
export type Urgency = 'now' | 'limited';

/** Called when there is news, with the urgencies of what changed. */
export type NewsListener = (urgencies: readonly Urgency[]) => void;

/**
 * One way of seeing one feed: which part of it, in which packets and encoding. All sessions that see it this way
 * share the rendition, which makes each message once.
 */
export interface Rendition {
  readonly dialect: string;
  /** Newest number at which what this rendition shows changed. */
  readonly seq: number;
  /** The current state, for a session that has nothing. */
  latest(): Message;
  /** The next step of a single session that was sent everything up to `cursor`. */
  after(cursor: number): Step;
  /**
   * The cursor of a client that returns with everything up to `<epoch>-<seq>`. Below 0: it has nothing, and is told the
   * state by `after`, in as many steps as that takes. Undefined: it starts anew, with `latest`.
   */
  cursorAt(position: string): number | undefined;
  /** How many events a session will not be sent that was sent everything up to `cursor`; 0 for a state. */
  droppedAfter(cursor: number): number;
  /** The news for a sweep over all sessions. */
  next(): SweepUpdate;
  /** Has one listener, the hub that delivers the news. */
  onNews(listener: NewsListener): void;
  close(): void;
}

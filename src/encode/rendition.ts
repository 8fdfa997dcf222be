import type { Message } from './message.ts';

/** What a session is to be sent next, by where it stands. */
export interface Step {
  readonly message: Message;
  /** Where it stands then. */
  readonly seq: number;
  /** Events that it will not be sent, since it was too far behind. 0 for a state, which replaces all before. */
  readonly dropped: number;
}

/** News of a rendition, as a sweep brings it to all sessions. */
export interface Update {
  readonly seq: number;
  /** When the earliest event in it was received, monotonic ms; undefined where none is in it. */
  readonly receivedAt: number | undefined;
  /** The next step of a session that was sent everything up to `cursor`, which is below `seq`. */
  after(cursor: number): Step;
}

/**
 * What does not wait until its receivers' interval is over. `now`: it is sent to them at once. `limited`: at once,
 * and where more of it follows, that at most once a second.
 */
export type Urgency = 'now' | 'limited';

/** Told that there is news, and in which ways any of it is urgent. */
export type NewsListener = (urgencies: readonly Urgency[]) => void;

/**
 * One way of seeing one feed. All sessions that want to see it this way share the rendition, and each message is
 * made once, however many they are, and whatever transports carry them.
 */
export interface Rendition {
  readonly dialect: string;
  /** Newest number at which what this rendition shows changed. */
  readonly seq: number;
  /** What there is now, for a session that has nothing. */
  latest(): Message;
  /** The next step of a session that was sent everything up to `cursor`, and is served by itself. */
  after(cursor: number): Step;
  /**
   * The cursor of a client that comes back and holds everything up to a position, `<epoch>-<seq>`. Undefined: it can
   * only begin anew.
   */
  cursorAt(position: string): number | undefined;
  /** How many events a session will not be sent that was sent everything up to `cursor`; 0 for a state. */
  droppedAfter(cursor: number): number;
  /** The news for a sweep over all sessions. */
  next(): Update;
  /** Calls the listener, the view that delivers it, when there is news. */
  onNews(listener: NewsListener): void;
  close(): void;
}

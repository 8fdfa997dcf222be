import type { Message } from './message.ts';

/** A packet made ready. */
export interface Packet {
  /** Packet type, for the metrics. */
  readonly type: string;
  readonly message: Message;
}

/** What a session is to be sent next, by where it stands. */
export interface Step {
  readonly packet: Packet;
  /** Where it stands then. */
  readonly seq: number;
  /** Events that it will not be sent, since it was too far behind. 0 for a state, which replaces all before. */
  readonly missed: number;
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
 * One way of seeing one feed. All sessions that want to see it this way share the rendition, and each packet is
 * rendered once, however many they are.
 */
export interface Rendition {
  readonly dialect: string;
  /** Newest number at which what this rendition shows changed. */
  readonly seq: number;
  /** What there is now, for a session that has nothing. */
  latest(): Packet;
  /** The next step of a session that was sent everything up to `cursor`, and is served by itself. */
  after(cursor: number): Step;
  /** How many events a session will not be sent that was sent everything up to `cursor`; 0 for a state. */
  missedAfter(cursor: number): number;
  /** The news for a sweep over all sessions. */
  next(): Update;
  /** Calls the listener, the channel that delivers it, when there is news. */
  onNews(listener: NewsListener): void;
  close(): void;
}

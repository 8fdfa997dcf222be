import { type Clock, isoTime } from '../../core/clock.ts';
import type { EventFeed } from '../../feed/event-feed.ts';
import type { Feeds } from '../../feed/feeds.ts';
import type { LogEntry } from './packets.ts';
import type { LogEvent } from './schema.ts';

const entriesKept = 200;

/** The newest log entries, apart from the other events, which may be many more. */
export class LogBook {
  readonly #feed: EventFeed<LogEntry>;
  readonly #clock: Clock;
  #last = { ms: 0, entries: 0 };

  constructor(feeds: Feeds, clock: Clock) {
    this.#feed = feeds.events<LogEntry>('diagnostics/logs', { capacity: entriesKept });
    this.#clock = clock;
  }

  /** Goes up with each entry. */
  get seq(): number {
    return this.#feed.seq;
  }

  /** Makes an entry of it, and keeps that. */
  record({ timestamp, level, message }: LogEvent): LogEntry {
    const now = this.#clock.now();
    const entry: LogEntry = { id: this.#nextId(now), timestamp: timestamp ?? isoTime(now), level, message };
    this.#feed.append(entry);
    return entry;
  }

  /** At most so many, newest first. */
  newest(count: number): LogEntry[] {
    return this.#feed
      .recent(count)
      .map(({ event }) => event)
      .reverse();
  }

  /** By the time of recording: the engine's may repeat. */
  #nextId(now: number): string {
    // A clock that was set back must not repeat an id.
    const ms = Math.max(now, this.#last.ms);
    this.#last = { ms, entries: ms === this.#last.ms ? this.#last.entries + 1 : 1 };
    const { entries } = this.#last;
    return entries === 1 ? `log-${ms}` : `log-${ms}-${entries}`;
  }
}

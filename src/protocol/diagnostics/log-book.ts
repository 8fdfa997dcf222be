import { type Clock, isoTime } from '../../core/clock.ts';
import type { Feeds } from '../../feed/feeds.ts';
import type { LogEntry } from './packets.ts';
import type { LogEvent } from './schema.ts';

/** The newest log entries, apart from the other events, which may be many more. */
export interface LogBook {
  /** Makes an entry of it, and keeps that. */
  record(event: LogEvent): LogEntry;
  /** At most so many, newest first. */
  newest(count: number): readonly LogEntry[];
  /** Goes up with each entry. */
  readonly seq: number;
}

const entriesKept = 200;

export function createLogBook(feeds: Feeds, clock: Clock): LogBook {
  const feed = feeds.events<LogEntry>('diagnostics/logs', { capacity: entriesKept });
  let last = { ms: 0, entries: 0 };

  /** By the time of recording, never the engine's: that one may come twice. */
  const nextId = (now: number): string => {
    // A clock that was set back must not give an id again.
    const ms = Math.max(now, last.ms);
    last = { ms, entries: ms === last.ms ? last.entries + 1 : 1 };
    return last.entries === 1 ? `log-${ms}` : `log-${ms}-${last.entries}`;
  };

  return {
    record({ timestamp, level, message }) {
      const now = clock.now();
      const entry: LogEntry = { id: nextId(now), timestamp: timestamp ?? isoTime(now), level, message };
      feed.append(entry);
      return entry;
    },
    newest: (count) =>
      feed
        .recent(count)
        .map(({ event }) => event)
        .reverse(),
    get seq() {
      return feed.seq;
    },
  };
}

import type { Clock } from '../../../core/clock.ts';
import type { Log } from '../../../core/log.ts';
import type { Meter } from '../../../core/meter.ts';
import { withoutAnsi } from '../../../core/terminal-text.ts';
import type { Views, ViewsOfKind } from '../../../deliver/views.ts';
import { EventRendition } from '../../../encode/event-rendition.ts';
import { Message } from '../../../encode/message.ts';
import type { EventFeed } from '../../../feed/event-feed.ts';
import type { Feeds } from '../../../feed/feeds.ts';
import { type Lease, Registry } from '../../../feed/registry.ts';
import { createFileTail, type FileTail } from '../file-tail/file-tail.ts';
import type { ServerPacket } from '../packets.ts';
import { createReadPace, type ReadPace } from '../read-pace.ts';
import { dialect, maxBehind } from '../stream-client.ts';
import { type LogEvent, lastLines, maxBacklog } from './log-events.ts';

export interface LogViewsOptions {
  /** Folder of `<name>.log`. */
  readonly directory: string;
  readonly feeds: Feeds;
  readonly views: Views;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

/** The log of one instance: one tailer, whoever many watch. */
interface LogFeed {
  readonly feed: EventFeed<LogEvent>;
  readonly tail: FileTail;
  readonly pace: ReadPace;
  /** Resolves once the file was looked at. Never rejects. */
  readonly ready: Promise<void>;
}

export type Ansi = 'keep' | 'strip';

/** @throws RangeError from `acquire`, for a name that is not allowed: see `isLogName` */
export interface LogViews extends ViewsOfKind<{ readonly name: string; readonly ansi: Ansi }, LogRendition> {
  /** Logs that are read. */
  readonly size: number;
}

/** Why nothing is to be read. */
export const noLog = 'The log of this instance is no regular file; links are not followed';

/** Lines are gathered for so long. */
const gatherMs = 100;
/** What stands around a line in a frame: quotes and a comma. */
const aroundLine = 3;
/** Characters of lines in one frame; a line that is longer has one of its own. */
const maxFrameLength = 256 * 1024;
/** What is held of one log, for sessions that lack some of it and for backlogs: more than these may hold. */
const maxHeldBytes = 16 * 1024 * 1024;
/** What a line takes besides its characters: millions of empty ones are not for nothing. */
const lineBytes = 32;
/**
 * A burst is read no faster than clients that keep up are sent it: what they lack stays far below what is held. A file
 * that is written faster than this for long is followed later and later, but whole.
 */
const readPace = { bytes: 2 * 1024 * 1024, everyMs: gatherMs };

/** Each log is read from its first viewer to its last. */
export function createLogViews(options: LogViewsOptions): LogViews {
  const { directory, feeds, views, clock, log, meter } = options;
  const open = (name: string): LogFeed => {
    const pace = createReadPace(clock, readPace);
    let isBegun = false;
    const tail = createFileTail({
      ...{ directory, name, clock, log, meter, backlogLines: maxBacklog },
      onLines(lines) {
        const length = lines.reduce((sum, line) => sum + line.length + aroundLine, 0);
        feed.append({ lines, length }, clock.monotonic());
        // What the file begins with is the backlog of those who come, and none of them waits for a frame of it.
        return isBegun ? pace.took(length) : undefined;
      },
      onRotated: () => feed.append('rotated', clock.monotonic()),
      onUnavailable: () => feed.append('unavailable', clock.monotonic()),
    });
    // After the tailer, which is not made for a name that is not allowed.
    const feed = feeds.events<LogEvent>(`${dialect}/logs/${name}`, {
      capacity: Math.max(maxBacklog, maxBehind),
      maxBytes: maxHeldBytes,
      bytesOf: (event) => (typeof event === 'string' ? 0 : event.length + lineBytes * event.lines.length),
      weightOf: (event) => linesOf(event).length || 1,
    });
    const ready = tail.start().then(() => {
      isBegun = true;
    });
    return { feed, tail, pace, ready };
  };
  const logs = new Registry({
    clock,
    key: (name: string) => name,
    open,
    close({ feed, tail, pace }) {
      void tail.stop();
      pace.close();
      feed.close();
    },
  });

  const logViews = views.ofKind({
    key: ({ name, ansi }: { name: string; ansi: Ansi }) => `${ansi} ${name}`,
    make: ({ name, ansi }) => new LogRendition(logs.acquire(name), ansi),
    pace: () => ({ intervalMs: gatherMs }),
  });
  return {
    acquire: (params, holder) => logViews.acquire(params, holder),
    get size() {
      return logs.size;
    },
  };
}

/** A log with escape sequences, or without. */
export class LogRendition extends EventRendition<LogEvent> {
  /** Resolves once the file was looked at. Never rejects. */
  readonly ready: Promise<void>;
  readonly #lease: Lease<LogFeed>;
  readonly #backlogOf: (count: number) => ServerPacket;
  #backlog: { readonly seq: number; readonly count: number; readonly message: Message } | undefined;

  constructor(lease: Lease<LogFeed> | undefined, ansi: Ansi) {
    if (lease === undefined) throw new Error('a registry without a bound refused');
    const { feed, ready } = lease.resource;
    const textOf = ansi === 'strip' ? withoutAnsi : (line: string): string => line;
    const backlogOf = (count: number): ServerPacket => {
      const lines = lastLines(feed, count).map(textOf);
      return { type: 'backlog', lines, count: lines.length };
    };
    super({
      dialect,
      feed,
      render: (events) => packetOf(events, textOf),
      gathered: joins,
      counts: (event) => typeof event !== 'string',
      snapshot: () => backlogOf(maxBacklog),
      maxBehind,
      beyond: 'oldest',
      tellDropped: (count) => ({ type: 'skipped', count }),
    });
    this.ready = ready;
    this.#lease = lease;
    this.#backlogOf = backlogOf;
  }

  /** Whether something stands in the place of the file that is none, such as a link. */
  isObstructed(): boolean {
    return this.#lease.resource.tail.isObstructed;
  }

  /** The last lines: what a session is sent first. Those who come together and ask for the same share the message. */
  backlog(count: number): Message {
    const { seq } = this.#lease.resource.feed;
    if (this.#backlog?.seq !== seq || this.#backlog.count !== count) {
      this.#backlog = { seq, count, message: new Message(this.#backlogOf(count)) };
    }
    return this.#backlog.message;
  }

  override close(): void {
    super.close();
    this.#lease.release();
  }
}

/** Lines go with lines; another file begins with a frame of its own. */
function joins(event: LogEvent, before: readonly LogEvent[]): boolean {
  if (typeof event === 'string') return false;
  let length = event.length;
  for (const earlier of before) {
    if (typeof earlier === 'string') return false;
    length += earlier.length;
  }
  return length <= maxFrameLength;
}

function linesOf(event: LogEvent): readonly string[] {
  return typeof event === 'string' ? [] : event.lines;
}

function packetOf(events: readonly LogEvent[], textOf: (line: string) => string): ServerPacket {
  if (events[0] === 'rotated') return { type: 'rotated' };
  if (events[0] === 'unavailable') return { type: 'unavailable', reason: noLog };
  const lines = events.flatMap(linesOf).map(textOf);
  return { type: 'lines', lines, count: lines.length };
}

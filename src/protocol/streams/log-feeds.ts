import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { Meter } from '../../core/meter.ts';
import { randomId } from '../../core/random.ts';
import { withoutAnsi } from '../../core/terminal-text.ts';
import { Channel } from '../../deliver/channel.ts';
import type { Hub } from '../../deliver/hub.ts';
import { createEventRendition } from '../../encode/event-rendition.ts';
import type { Packet } from '../../encode/rendition.ts';
import { createEventFeed, type EventFeed } from '../../feed/event-feed.ts';
import { createRegistry, type Registry } from '../../feed/registry.ts';
import { createFileTail, type FileTail } from '../../source/file-tail/file-tail.ts';
import { type LogEvent, lastLines, maxBacklog } from './log-events.ts';
import { type ServerFrame, toPacket } from './packets.ts';
import { createReadPace, type ReadPace } from './read-pace.ts';
import { dialect, maxBehind } from './sessions.ts';

export interface LogFeedsOptions {
  /** Folder of `<name>.log`. */
  readonly directory: string;
  /** Logs open at once. 0: no bound. */
  readonly maxLogs: number;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

/** The log of one instance: one tailer, whoever many watch. */
export interface LogFeed {
  /** Resolves once the file was looked at. Never rejects. */
  readonly ready: Promise<void>;
  /** Whether something stands in the place of the file that is none, such as a link. */
  isObstructed(): boolean;
  /** It with escape sequences, or without. */
  view(ansi: Ansi): LogView;
}

export type Ansi = 'keep' | 'strip';

interface LogView {
  readonly channel: Channel;
  /** The last lines: what a session that follows the channel is sent first. */
  backlog(count: number): Packet;
}

/** Why nothing is to be read. */
export const noLog = 'The log of this instance is no regular file; links are not followed';

/** Logs by the names of their instances; each is read from its first viewer to its last. */
export type LogFeeds = Registry<string, LogFeed>;

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

interface OpenLog extends LogFeed {
  readonly tail: FileTail;
  readonly pace: ReadPace;
  readonly views: ReadonlyMap<Ansi, LogView>;
}

/** @throws RangeError from `acquire`, for a name that is not allowed: see `isLogName` */
export function createLogFeeds(options: LogFeedsOptions): LogFeeds {
  const { directory, maxLogs, hub, clock, log, meter } = options;
  const open = (name: string): OpenLog => {
    const feed = createEventFeed<LogEvent>({
      epoch: randomId(),
      capacity: Math.max(maxBacklog, maxBehind),
      maxBytes: maxHeldBytes,
      bytesOf: (event) => (typeof event === 'string' ? 0 : event.length + lineBytes * event.lines.length),
      weightOf: (event) => linesOf(event).length || 1,
    });
    const pace = createReadPace(clock, readPace);
    const views = new Map<Ansi, LogView>();
    const tail = createFileTail({
      ...{ directory, name, clock, log, meter, backlogLines: maxBacklog },
      onLines(lines) {
        const length = lines.reduce((sum, line) => sum + line.length + aroundLine, 0);
        feed.append({ lines, length }, clock.monotonic());
        // What the file begins with is the backlog of those who come, and none of them waits for a frame of it.
        return views.size === 0 ? undefined : pace.took(length);
      },
      onRotated: () => feed.append('rotated', clock.monotonic()),
      onUnavailable: () => feed.append('unavailable', clock.monotonic()),
    });
    return {
      ...{ tail, pace, views },
      ready: tail.start(),
      isObstructed: () => tail.isObstructed,
      view(ansi) {
        const view = views.get(ansi) ?? show(ansi, feed);
        views.set(ansi, view);
        return view;
      },
    };
  };

  const show = (ansi: Ansi, feed: EventFeed<LogEvent>): LogView => {
    const textOf = ansi === 'strip' ? withoutAnsi : (line: string): string => line;
    const backlog = createBacklog(feed, textOf);
    const rendition = createEventRendition<LogEvent>({
      dialect,
      feed,
      render: (events) => toPacket(frameOf(events, textOf)),
      gathered: joins,
      counts: (event) => typeof event !== 'string',
      snapshot: () => backlog(maxBacklog),
      maxBehind,
      beyond: 'oldest',
      tellMissed: (count) => toPacket({ type: 'skipped', count }),
    });
    const channel = new Channel(rendition, { intervalMs: gatherMs });
    hub.open(channel);
    return { channel, backlog };
  };

  return createRegistry({
    clock,
    key: (name: string) => name,
    open,
    close({ tail, pace, views }) {
      for (const { channel } of views.values()) hub.close(channel);
      void tail.stop();
      pace.close();
    },
    max: maxLogs,
  });
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

function frameOf(events: readonly LogEvent[], textOf: (line: string) => string): ServerFrame {
  if (events[0] === 'rotated') return { type: 'rotated' };
  if (events[0] === 'unavailable') return { type: 'unavailable', reason: noLog };
  const lines = events.flatMap(linesOf).map(textOf);
  return { type: 'lines', lines, count: lines.length };
}

/** Those who come together and ask for the same are sent the same packet. */
function createBacklog(feed: EventFeed<LogEvent>, textOf: (line: string) => string): LogView['backlog'] {
  let made: { readonly version: number; readonly count: number; readonly packet: Packet } | undefined;
  return (count) => {
    if (made?.version !== feed.seq || made.count !== count) {
      const lines = lastLines(feed, count).map(textOf);
      const packet = toPacket({ type: 'backlog', lines, count: lines.length });
      made = { version: feed.seq, count, packet };
    }
    return made.packet;
  };
}

import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { Meter } from '../../core/meter.ts';
import { randomId } from '../../core/random.ts';
import { Channel } from '../../deliver/channel.ts';
import type { Hub } from '../../deliver/hub.ts';
import { createEventRendition } from '../../encode/event-rendition.ts';
import type { Packet } from '../../encode/rendition.ts';
import { createEventFeed } from '../../feed/event-feed.ts';
import { createRegistry, type Registry } from '../../feed/registry.ts';
import { createFileTail, type FileTail } from '../../source/file-tail.ts';
import { type ServerFrame, toPacket } from './packets.ts';
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
  readonly channel: Channel;
  /** The last lines: what a session that follows the channel is sent first. */
  backlog(count: number): Packet;
}

/** Logs by the names of their instances; each is read from its first viewer to its last. */
export type LogFeeds = Registry<string, LogFeed>;

/** What a look at the file brought: some lines, in one go, or another file. */
type LogEvent = { readonly lines: readonly string[]; readonly length: number } | 'rotated';

/** Lines are gathered for so long. */
const gatherMs = 100;
/** Characters of lines in one frame; a line that is longer has one of its own. */
const maxFrameLength = 256 * 1024;
const maxBacklog = 1000;

interface OpenLog extends LogFeed {
  readonly tail: FileTail;
}

/** @throws RangeError from `acquire`, for a name that is not allowed: see `isLogName` */
export function createLogFeeds(options: LogFeedsOptions): LogFeeds {
  const { directory, maxLogs, hub, clock, log, meter } = options;
  const open = (name: string): OpenLog => {
    // Renditions keep what their sessions may lack; nobody reads the ring itself.
    const feed = createEventFeed<LogEvent>({
      epoch: randomId(),
      capacity: 1,
      weightOf: (event) => (event === 'rotated' ? 1 : event.lines.length),
    });
    const tail = createFileTail({
      ...{ directory, name, clock, log, meter, backlogLines: maxBacklog },
      onLines: (lines) =>
        feed.append({ lines, length: lines.reduce((sum, line) => sum + line.length, 0) }, clock.monotonic()),
      onRotated: () => feed.append('rotated', clock.monotonic()),
    });
    const backlog = createBacklog(tail, () => feed.seq);
    const rendition = createEventRendition<LogEvent>({
      dialect,
      feed,
      render: (events) => toPacket(frameOf(events)),
      gathered: joins,
      counts: (event) => event !== 'rotated',
      snapshot: () => backlog(maxBacklog),
      maxBehind,
      beyond: 'oldest',
      tellMissed: (count) => toPacket({ type: 'skipped', count }),
    });
    const channel = new Channel(rendition, { intervalMs: gatherMs });
    hub.open(channel);
    return { tail, ready: tail.start(), channel, backlog };
  };

  return createRegistry({
    clock,
    key: (name: string) => name,
    open,
    close({ tail, channel }) {
      hub.close(channel);
      void tail.stop();
    },
    max: maxLogs,
  });
}

/** Lines go with lines; another file begins with a frame of its own. */
function joins(event: LogEvent, before: readonly LogEvent[]): boolean {
  if (event === 'rotated') return false;
  let length = event.length;
  for (const earlier of before) {
    if (earlier === 'rotated') return false;
    length += earlier.length;
  }
  return length <= maxFrameLength;
}

function frameOf(events: readonly LogEvent[]): ServerFrame {
  if (events[0] === 'rotated') return { type: 'rotated' };
  const lines = events.flatMap((event) => (event === 'rotated' ? [] : event.lines));
  return { type: 'lines', lines, count: lines.length };
}

/** Those who come together and ask for the same are sent the same packet. */
function createBacklog(tail: FileTail, version: () => number): LogFeed['backlog'] {
  let made: { readonly version: number; readonly count: number; readonly packet: Packet } | undefined;
  return (count) => {
    if (made?.version !== version() || made.count !== count) {
      const lines = tail.recent(count);
      const packet = toPacket({ type: 'backlog', lines, count: lines.length });
      made = { version: version(), count, packet };
    }
    return made.packet;
  };
}

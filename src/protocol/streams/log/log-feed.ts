import type { Clock } from '../../../core/clock.ts';
import type { Log } from '../../../core/log.ts';
import type { Meter } from '../../../core/meter.ts';
import type { EventFeed } from '../../../feed/event-feed.ts';
import type { Feeds } from '../../../feed/feeds.ts';
import { FileTail } from '../file-tail/file-tail.ts';
import { maxBehind, streamsDialect } from '../stream-client.ts';

/** What was found at a look at the file: lines, that it was replaced, or that it cannot be read. */
export type TailEvent = Lines | 'rotated' | 'unavailable';

interface Lines {
  readonly lines: readonly string[];
  /** Characters in a frame. */
  readonly length: number;
}

export interface LogFeedOptions {
  /** Folder of `<name>.log`. */
  readonly directory: string;
  readonly feeds: Feeds;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

/** Lines are gathered for so long. */
export const gatherMs = 100;
/** Lines of a backlog. */
export const maxBacklog = 1000;
/** What the lines of a backlog may hold together, in UTF-16 units. */
export const maxBacklogLength = 4 * 1024 * 1024;
/** What stands around a line in a frame: quotes and a comma. */
const aroundLine = 3;
/** What is held of one log, for sessions that lack some of it and for backlogs: more than these may hold. */
const maxHeldBytes = 16 * 1024 * 1024;
/** Memory of a line besides its characters. */
const lineBytes = 32;
/**
 * A burst is read no faster than it can be sent, so that clients which keep up lose none of it. A file that is written
 * faster than this for long is followed with a growing delay, but completely.
 */
const readPace = { bytes: 2 * 1024 * 1024, everyMs: gatherMs };

/** The log of one instance, as one tailer reads it, whoever many watch. */
export class LogFeed {
  readonly feed: EventFeed<TailEvent>;
  /** Resolves once the file was looked at. Never rejects. */
  readonly ready: Promise<void>;
  readonly #tail: FileTail;
  readonly #pace: ReadPace;

  /** @throws RangeError for a name that is not allowed: see `isLogName` */
  constructor(name: string, { directory, feeds, clock, log, meter }: LogFeedOptions) {
    let isBegun = false;
    this.#pace = new ReadPace(clock, readPace);
    this.#tail = new FileTail({
      ...{ directory, name, clock, log, meter, backlogLines: maxBacklog },
      onLines: (lines) => {
        const length = lines.reduce((sum, line) => sum + line.length + aroundLine, 0);
        this.feed.append({ lines, length }, clock.monotonic());
        // The lines at the start are the backlog, which is not sent as frames, so reading them is not paced.
        return isBegun ? this.#pace.took(length) : undefined;
      },
      onRotated: () => this.feed.append('rotated', clock.monotonic()),
      onUnavailable: () => this.feed.append('unavailable', clock.monotonic()),
    });
    // After the tailer, which is not made for a name that is not allowed.
    this.feed = feeds.events<TailEvent>(`${streamsDialect}/logs/${name}`, {
      capacity: Math.max(maxBacklog, maxBehind),
      maxBytes: maxHeldBytes,
      bytesOf: (event) => (typeof event === 'string' ? 0 : event.length + lineBytes * event.lines.length),
      weightOf: (event) => linesOf(event).length || 1,
    });
    this.ready = this.#tail.start().then(() => {
      isBegun = true;
    });
  }

  /** Whether something stands in the place of the file that is none, such as a link. */
  get isObstructed(): boolean {
    return this.#tail.isObstructed;
  }

  close(): void {
    void this.#tail.stop();
    this.#pace.close();
    this.feed.close();
  }
}

export function linesOf(event: TailEvent): readonly string[] {
  return typeof event === 'string' ? [] : event.lines;
}

/** Up to `count` of the newest lines of the file that is followed, oldest first, within the bounds of a backlog. */
export function lastLines(feed: EventFeed<TailEvent>, count: number): readonly string[] {
  const newestFirst: string[] = [];
  let length = 0;
  const most = Math.min(count, maxBacklog);
  // An entry of this file has one line at least, so that more entries are never needed.
  for (const { event } of feed.recent(most).toReversed()) {
    // What is older is of another file.
    if (typeof event === 'string') break;
    for (const line of event.lines.toReversed()) {
      length += line.length;
      if (newestFirst.length === most || length > maxBacklogLength) return newestFirst.reverse();
      newestFirst.push(line);
    }
  }
  return newestFirst.reverse();
}

/** Holds a reader back that is faster than what it reads can be sent on. */
export class ReadPace {
  readonly #clock: Clock;
  readonly #bytes: number;
  readonly #everyMs: number;
  #taken = 0;
  #since = Number.NEGATIVE_INFINITY;
  #end = (): void => {};

  /** At most `bytes`, and what was read with the last of them, in each `everyMs`. */
  constructor(clock: Clock, { bytes, everyMs }: { bytes: number; everyMs: number }) {
    this.#clock = clock;
    this.#bytes = bytes;
    this.#everyMs = everyMs;
  }

  /** So much was read. Where that is enough for now, the promise is kept once more may be read. Never rejects. */
  took(bytes: number): Promise<void> | undefined {
    const now = this.#clock.monotonic();
    if (now - this.#since >= this.#everyMs) {
      this.#since = now;
      this.#taken = 0;
    }
    this.#taken += bytes;
    if (this.#taken < this.#bytes) return undefined;
    return new Promise((resolve) => {
      const cancel = this.#clock.after(this.#since + this.#everyMs - now, resolve);
      this.#end = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Nobody waits any more. */
  close(): void {
    this.#end();
  }
}

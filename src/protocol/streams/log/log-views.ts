import { withoutAnsi } from '../../../core/terminal-text.ts';
import type { View } from '../../../deliver/view.ts';
import type { Views, ViewsOfKind } from '../../../deliver/views.ts';
import { EventRendition } from '../../../encode/event-rendition.ts';
import { Message } from '../../../encode/message.ts';
import { type Lease, Registry } from '../../../feed/registry.ts';
import type { StreamPacket } from '../packets.ts';
import { maxBehind, streamsDialect } from '../stream-client.ts';
import {
  gatherMs,
  LogFeed,
  type LogFeedOptions,
  lastLines,
  linesOf,
  maxBacklog,
  type TailEvent,
} from './log-feed.ts';

export type Ansi = 'keep' | 'strip';

/** Why nothing is to be read. */
export const noLog = 'The log of this instance is no regular file; links are not followed';

/** Characters of lines in one frame; a line that is longer has one of its own. */
const maxFrameLength = 256 * 1024;

/** The logs by their names, each read from its first viewer to its last. */
export class LogViews {
  readonly #logs: Registry<string, LogFeed>;
  readonly #views: ViewsOfKind<{ readonly name: string; readonly ansi: Ansi }, LogRendition>;

  constructor(options: LogFeedOptions, views: Views) {
    this.#logs = new Registry({
      clock: options.clock,
      key: (name) => name,
      open: (name) => new LogFeed(name, options),
      close: (log) => log.close(),
    });
    this.#views = views.ofKind({
      key: ({ name, ansi }) => `${ansi} ${name}`,
      make: ({ name, ansi }) => new LogRendition(this.#logs.acquire(name), ansi),
      pace: () => ({ intervalMs: gatherMs }),
    });
  }

  /** Logs that are read. */
  get size(): number {
    return this.#logs.size;
  }

  /**
   * Undefined where too many are in use.
   * @param holder by whom the share of logs is counted
   * @throws RangeError for a name that is not allowed: see `isLogName`
   */
  acquire(name: string, ansi: Ansi, holder: string | undefined): Lease<View<LogRendition>> | undefined {
    return this.#views.acquire({ name, ansi }, holder);
  }
}

/** A log with escape sequences, or without. */
export class LogRendition extends EventRendition<TailEvent> {
  /** Resolves once the file was looked at. Never rejects. */
  readonly ready: Promise<void>;
  readonly #lease: Lease<LogFeed>;
  readonly #backlogOf: (count: number) => StreamPacket;
  #backlog: { readonly seq: number; readonly count: number; readonly message: Message } | undefined;

  constructor(lease: Lease<LogFeed> | undefined, ansi: Ansi) {
    if (lease === undefined) throw new Error('a registry without a bound refused');
    const { feed, ready } = lease.resource;
    const textOf = ansi === 'strip' ? withoutAnsi : (line: string): string => line;
    const backlogOf = (count: number): StreamPacket => {
      const lines = lastLines(feed, count).map(textOf);
      return { type: 'backlog', lines, count: lines.length };
    };
    super({
      dialect: streamsDialect,
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
    return this.#lease.resource.isObstructed;
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
function joins(event: TailEvent, before: readonly TailEvent[]): boolean {
  if (typeof event === 'string') return false;
  let length = event.length;
  for (const earlier of before) {
    if (typeof earlier === 'string') return false;
    length += earlier.length;
  }
  return length <= maxFrameLength;
}

function packetOf(events: readonly TailEvent[], textOf: (line: string) => string): StreamPacket {
  if (events[0] === 'rotated') return { type: 'rotated' };
  if (events[0] === 'unavailable') return { type: 'unavailable', reason: noLog };
  const lines = events.flatMap(linesOf).map(textOf);
  return { type: 'lines', lines, count: lines.length };
}

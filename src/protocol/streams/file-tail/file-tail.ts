import type { Cancel, Clock } from '../../../core/clock.ts';
import type { Log } from '../../../core/log.ts';
import type { Meter } from '../../../core/meter.ts';
import { createReadWindow, FileCursor, moveToLastLines } from './cursor.ts';
import { LogDecoder, type LogPart } from './decoder.ts';
import { LineSplitter } from './lines.ts';
import {
  errorCode,
  FaultReport,
  identify,
  isSameFile,
  type LogFileFault,
  logPath,
  openLog,
  requireFolder,
} from './open.ts';

interface FileTailOptions {
  readonly directory: string;
  /** The file is `<directory>/<name>.log`. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  /**
   * Lines of the file, those that it starts with first: one call a chunk of up to 256 KiB. Must not throw. Where it
   * gives a promise, which must not reject, nothing further is read until that is kept.
   */
  readonly onLines: (lines: readonly string[]) => void | Promise<void>;
  /** The file was replaced or truncated: what follows is the new one from its start. Must not throw. */
  readonly onRotated: () => void;
  /**
   * What stands in the place of the file is none, such as a link, which is not followed: nothing is delivered until a
   * file is there again, which is rotated. Must not throw.
   */
  readonly onUnavailable: () => void;
  /** Lines that it starts with, of those within the last 4 MiB. */
  readonly backlogLines: number;
}

const lookEveryMs = 200;
/** Least time between two deliveries of a line that is being overwritten, such as a progress bar. */
const standingEveryMs = 500;

/** `ELOOP` comes from the system too, where a link took the place just now. */
const obstructions: ReadonlySet<string> = new Set<LogFileFault['code']>(['ELOOP', 'NOT_A_FILE']);

/**
 * Follows a log by name. Each byte that is in the file when it is read is delivered once, whatever was done to
 * the file: renamed, deleted, truncated, and made again; holes and byte order marks are left out, and of a line that is
 * written over and over, as progress bars are, what stands there twice a second and at the end. A file that is missing
 * is waited for, and one that cannot be read is tried again at each look; the one open before is followed until
 * something takes its place.
 */
export class FileTail {
  readonly #options: FileTailOptions;
  readonly #path: string;
  readonly #window = createReadWindow();
  readonly #faults: FaultReport;
  readonly #decoder = new LogDecoder();
  readonly #splitter: LineSplitter;
  #cursor: FileCursor | undefined;
  /** The file was seen to be missing: all of the next one is new. */
  #wasMissing = false;
  #isObstructed = false;
  /** It was told that the file is unavailable: the next one is another. */
  #owesRotated = false;
  /** Something was read of the file since it began. */
  #hasRead = false;
  /** When a line was first written over, or shown as it stands. Monotonic ms. */
  #standsSince: number | undefined;
  /** The first look is over: what stands in the place of the file from now on is told. */
  #hasLooked = false;
  #looking: Promise<void> | undefined;
  #started: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #stopTimer: Cancel = () => {};

  /** @throws RangeError for a name that leads elsewhere; see `isLogName` */
  constructor(options: FileTailOptions) {
    const { directory, name, log, meter } = options;
    this.#options = options;
    this.#path = logPath(directory, name);
    this.#faults = new FaultReport(this.#path, log, meter);
    this.#splitter = new LineSplitter(() =>
      meter.count('bff_rejected_total', { edge: 'log', reason: 'line_too_long' }),
    );
  }

  /**
   * What stood in the place of the file at the last look was none (a link, a folder, a device, …), so that nothing
   * was read.
   */
  get isObstructed(): boolean {
    return this.#isObstructed;
  }

  /**
   * Looks at the file from now on. Resolves when the first look is over: the lines that it starts with were delivered
   * then. Calling it again gives the same promise. Never rejects.
   */
  start(): Promise<void> {
    this.#started ??= this.#begin();
    return this.#started;
  }

  /**
   * One look: reads all there is, a chunk at a time, giving way to the event loop in between. While a look is
   * under way, gives that one. Never rejects.
   */
  poll(): Promise<void> {
    if (this.#isStopped()) return this.#looking ?? Promise.resolve();
    this.#looking ??= this.#look();
    return this.#looking;
  }

  /** Nothing is delivered from this call on. Resolves when the file is closed. Never rejects. */
  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  #isStopped(): boolean {
    return this.#stopping !== undefined;
  }

  async #begin(): Promise<void> {
    await this.poll();
    if (this.#isStopped()) return;
    this.#stopTimer = this.#options.clock.every(lookEveryMs, () => void this.poll());
  }

  async #end(): Promise<void> {
    this.#stopTimer();
    await this.#looking;
    const last = this.#cursor;
    this.#cursor = undefined;
    if (last !== undefined) await this.#attempt(() => last.close());
  }

  async #look(): Promise<void> {
    const fault = await this.#attempt(() => this.#findFile());
    const wasObstructed = this.#isObstructed;
    this.#isObstructed = fault !== undefined && obstructions.has(fault);
    if (this.#isObstructed && !wasObstructed && !this.#isStopped()) await this.#giveUp();
    const open = this.#cursor;
    const unread =
      open === undefined || this.#isStopped() ? undefined : await this.#attempt(() => this.#readToEnd(open));
    if (open !== undefined && !this.#isStopped()) await this.#showStanding();
    if (fault === undefined && unread === undefined) this.#faults.succeeded();
    this.#hasLooked = true;
    this.#looking = undefined;
  }

  /** What went wrong, by its code; it is reported. Undefined: nothing did. */
  async #attempt(task: () => Promise<void>): Promise<string | undefined> {
    try {
      await task();
      return undefined;
    } catch (error) {
      this.#faults.failed(error);
      return errorCode(error);
    }
  }

  async #findFile(): Promise<void> {
    const identity = await identify(this.#path);
    const previous = this.#cursor;
    if (identity !== undefined && previous !== undefined && isSameFile(previous.identity, identity)) return;
    const opened = identity && (await openLog(this.#path));
    if (opened === undefined) {
      this.#wasMissing = true;
      return await requireFolder(this.#options.directory);
    }
    const next = new FileCursor(opened);
    try {
      // Renamed away and back in between: it is the same one after all.
      if (previous === undefined || !isSameFile(previous.identity, next.identity)) await this.#changeTo(next);
    } finally {
      await (this.#cursor === next ? previous : next)?.close();
    }
  }

  async #changeTo(next: FileCursor): Promise<void> {
    const previous = this.#cursor;
    const { backlogLines, onRotated } = this.#options;
    if (previous === undefined) {
      if (!this.#wasMissing) await moveToLastLines(next, this.#decoder, this.#splitter, backlogLines);
      if (this.#owesRotated) onRotated();
      this.#owesRotated = false;
    } else {
      // Written to until it was replaced. If that cannot be read any more, the new one still can.
      await this.#attempt(() => this.#readToEnd(previous));
      if (this.#isStopped()) return;
      await this.#endFile();
    }
    this.#cursor = next;
  }

  /** What was there before is read to its end; nobody can tell what is written to it from now on. */
  async #giveUp(): Promise<void> {
    const previous = this.#cursor;
    if (previous !== undefined) {
      await this.#attempt(() => this.#readToEnd(previous));
      if (this.#isStopped()) return;
      await this.#flush(this.#decoder.flush());
      this.#cursor = undefined;
      await this.#attempt(() => previous.close());
    }
    if (!this.#hasLooked || this.#isStopped()) return;
    this.#wasMissing = true;
    this.#owesRotated = true;
    this.#options.onUnavailable();
  }

  async #readToEnd(from: FileCursor): Promise<void> {
    for (;;) {
      const reading = await from.read(this.#window);
      if (this.#isStopped() || reading.kind === 'end') return;
      if (reading.kind === 'rewritten') await this.#endFile();
      else await this.#take(reading.bytes);
      if (this.#isStopped()) return;
    }
  }

  async #take(bytes: Buffer): Promise<void> {
    for (const part of this.#decoder.push(bytes)) {
      if (this.#isStopped()) return;
      if (part !== 'hole') {
        this.#hasRead = true;
        await this.#deliver(this.#splitter.push(part));
        // Only the hole shows that the file was truncated between two looks.
      } else if (this.#hasRead) await this.#endFile([]);
    }
  }

  /** A progress bar has no end of line for as long as it moves. */
  async #showStanding(): Promise<void> {
    if (!this.#splitter.isOverwritten) {
      this.#standsSince = undefined;
      return;
    }
    const now = this.#options.clock.monotonic();
    this.#standsSince ??= now;
    if (now - this.#standsSince < standingEveryMs) return;
    this.#standsSince = now;
    const text = this.#splitter.standing();
    if (text !== undefined) await this.#deliver([text]);
  }

  async #endFile(held: readonly LogPart[] = this.#decoder.flush()): Promise<void> {
    await this.#flush(held);
    if (!this.#isStopped()) this.#options.onRotated();
  }

  /** @param held what the decoder holds back; nothing, where the file goes on behind a hole */
  async #flush(held: readonly LogPart[]): Promise<void> {
    const rest = held.flatMap((part) => (part === 'hole' ? [] : this.#splitter.push(part)));
    await this.#deliver([...rest, ...this.#splitter.flush()]);
    this.#hasRead = false;
    this.#standsSince = undefined;
  }

  async #deliver(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.#options.onLines(lines);
  }
}

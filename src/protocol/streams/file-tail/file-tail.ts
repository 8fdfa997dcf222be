import type { Cancel, Clock } from '../../../core/clock.ts';
import type { Log } from '../../../core/log.ts';
import type { Meter } from '../../../core/meter.ts';
import { moveToLastLines } from './backlog.ts';
import { createReadWindow, FileCursor } from './cursor.ts';
import { LogDecoder, type LogPart } from './decoder.ts';
import { createFaultReport, errorCode, type LogFileFault } from './fault.ts';
import { LineSplitter } from './lines.ts';
import { identify, isSameFile, logPath, openLog, requireFolder } from './open.ts';

export interface FileTailOptions {
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
  readonly onUnavailable?: () => void;
  /** Lines that it starts with, of those within the last 4 MiB. Default 1000. */
  readonly backlogLines?: number;
  /** Time from one look at the file to the next. Default 200. */
  readonly intervalMs?: number;
}

/**
 * Follows a log by name. Each byte that is in the file when it is read is delivered once, whatever was done to
 * the file: renamed, deleted, truncated, and made again; holes and byte order marks are left out, and of a line that is
 * written over and over, as progress bars are, what stands there twice a second and at the end. A file that is missing
 * is waited for, and one that cannot be read is tried again at each look; the one open before is followed until
 * something takes its place.
 */
export interface FileTail {
  /**
   * Looks at the file from now on. Resolves when the first look is over: the lines that it starts with were delivered
   * then. Calling it again gives the same promise. Never rejects.
   */
  start(): Promise<void>;
  /**
   * One look: reads all there is, a chunk at a time, giving way to the event loop in between. While a look is
   * under way, gives that one. Never rejects.
   */
  poll(): Promise<void>;
  /**
   * What stood in the place of the file at the last look was none (a link, a folder, a device, …), so that nothing
   * was read.
   */
  readonly isObstructed: boolean;
  /** Nothing is delivered from this call on. Resolves when the file is closed. Never rejects. */
  stop(): Promise<void>;
}

/** What is written over and over is shown as it stands at most so often. */
const standingEveryMs = 500;

/** `ELOOP` comes from the system too, where a link took the place just now. */
const obstructions: ReadonlySet<string> = new Set<LogFileFault['code']>(['ELOOP', 'NOT_A_FILE']);

/** Throws a RangeError for a name that leads elsewhere; see `isLogName`. */
export function createFileTail(options: FileTailOptions): FileTail {
  const { directory, name, clock, log, meter, onLines, onRotated, onUnavailable = () => {} } = options;
  const { backlogLines = 1000, intervalMs = 200 } = options;
  const path = logPath(directory, name);
  const window = createReadWindow();
  const faults = createFaultReport(path, log, meter);
  const decoder = new LogDecoder();
  const splitter = new LineSplitter(() =>
    meter.count('bff_rejected_total', { edge: 'log', reason: 'line_too_long' }),
  );
  let cursor: FileCursor | undefined;
  /** The file was seen to be missing: all of the next one is new. */
  let wasMissing = false;
  let isObstructed = false;
  /** It was told that the file is unavailable: the next one is another. */
  let owesRotated = false;
  /** Something was read of the file since it began. */
  let hasRead = false;
  /** When a line was first written over, or shown as it stands. Monotonic ms. */
  let standsSince: number | undefined;
  /** The first look is over: what stands in the place of the file from now on is told. */
  let hasLooked = false;
  let looking: Promise<void> | undefined;
  let started: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  let stopTimer: Cancel = () => {};
  const isStopped = (): boolean => stopping !== undefined;

  const deliver = async (lines: readonly string[]): Promise<void> => {
    if (lines.length > 0) await onLines(lines);
  };

  /** @param held what the decoder holds back; nothing, where the file goes on behind a hole */
  const flush = async (held: readonly LogPart[]): Promise<void> => {
    const rest = held.flatMap((part) => (part === 'hole' ? [] : splitter.push(part)));
    await deliver([...rest, ...splitter.flush()]);
    hasRead = false;
    standsSince = undefined;
  };

  const endFile = async (held: readonly LogPart[] = decoder.flush()): Promise<void> => {
    await flush(held);
    if (!isStopped()) onRotated();
  };

  const take = async (bytes: Buffer): Promise<void> => {
    for (const part of decoder.push(bytes)) {
      if (isStopped()) return;
      if (part !== 'hole') {
        hasRead = true;
        await deliver(splitter.push(part));
        // Of what was truncated while nobody looked, nothing else tells.
      } else if (hasRead) await endFile([]);
    }
  };

  /** A progress bar has no end of line for as long as it moves. */
  const showStanding = async (): Promise<void> => {
    if (!splitter.isOverwritten) standsSince = undefined;
    else {
      const now = clock.monotonic();
      standsSince ??= now;
      if (now - standsSince < standingEveryMs) return;
      standsSince = now;
      const text = splitter.standing();
      if (text !== undefined) await deliver([text]);
    }
  };

  /** What was there before is read to its end; nobody can tell what is written to it from now on. */
  const giveUp = async (): Promise<void> => {
    const previous = cursor;
    if (previous !== undefined) {
      await attempt(() => readToEnd(previous));
      if (isStopped()) return;
      await flush(decoder.flush());
      cursor = undefined;
      await attempt(() => previous.close());
    }
    if (!hasLooked || isStopped()) return;
    wasMissing = true;
    owesRotated = true;
    onUnavailable();
  };

  const readToEnd = async (from: FileCursor): Promise<void> => {
    for (;;) {
      const reading = await from.read(window);
      if (isStopped() || reading.kind === 'end') return;
      if (reading.kind === 'rewritten') await endFile();
      else await take(reading.bytes);
      if (isStopped()) return;
    }
  };

  /** What went wrong, by its code; it is reported. Undefined: nothing did. */
  const attempt = async (task: () => Promise<void>): Promise<string | undefined> => {
    try {
      await task();
      return undefined;
    } catch (error) {
      faults.failed(error);
      return errorCode(error);
    }
  };

  const changeTo = async (next: FileCursor): Promise<void> => {
    const previous = cursor;
    if (previous === undefined) {
      if (!wasMissing) await moveToLastLines(next, decoder, splitter, backlogLines);
      if (owesRotated) onRotated();
      owesRotated = false;
    } else {
      // Written to until it was replaced. If that cannot be read any more, the new one still can.
      await attempt(() => readToEnd(previous));
      if (isStopped()) return;
      await endFile();
    }
    cursor = next;
  };

  const findFile = async (): Promise<void> => {
    const identity = await identify(path);
    if (identity !== undefined && cursor !== undefined && isSameFile(cursor.identity, identity)) return;
    const opened = identity && (await openLog(path));
    if (opened === undefined) {
      wasMissing = true;
      return await requireFolder(directory);
    }
    const next = new FileCursor(opened);
    const previous = cursor;
    try {
      // Renamed away and back in between: it is the same one after all.
      if (previous === undefined || !isSameFile(previous.identity, next.identity)) await changeTo(next);
    } finally {
      await (cursor === next ? previous : next)?.close();
    }
  };

  const look = async (): Promise<void> => {
    const fault = await attempt(findFile);
    const wasObstructed = isObstructed;
    isObstructed = fault !== undefined && obstructions.has(fault);
    if (isObstructed && !wasObstructed && !isStopped()) await giveUp();
    const open = cursor;
    const unread = open === undefined || isStopped() ? undefined : await attempt(() => readToEnd(open));
    if (open !== undefined && !isStopped()) await showStanding();
    if (fault === undefined && unread === undefined) faults.succeeded();
    hasLooked = true;
    looking = undefined;
  };

  const poll = (): Promise<void> => {
    if (isStopped()) return looking ?? Promise.resolve();
    looking ??= look();
    return looking;
  };

  const begin = async (): Promise<void> => {
    await poll();
    if (!isStopped()) stopTimer = clock.every(intervalMs, () => void poll());
  };

  const end = async (): Promise<void> => {
    stopTimer();
    await looking;
    const last = cursor;
    cursor = undefined;
    if (last !== undefined) await attempt(() => last.close());
  };

  return {
    start: () => (started ??= begin()),
    poll,
    get isObstructed() {
      return isObstructed;
    },
    stop: () => (stopping ??= end()),
  };
}

import type { FileHandle } from 'node:fs/promises';
import { encodingOf, type LogDecoder, type LogEncoding, markLength } from './decoder.ts';
import type { LineSplitter } from './lines.ts';
import type { FileIdentity, OpenedLog } from './open.ts';

export type Reading =
  /** What follows the bytes read before: at least one byte, valid until the window is used again. */
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** Nothing more at present. */
  | { readonly kind: 'end' }
  /** The bytes read before are not those in the file any more. The cursor is back at the start. */
  | { readonly kind: 'rewritten' };

const headLength = 256;
const beforeLength = 1024;
/** Bytes read at once. */
const chunkLength = 256 * 1024;
const nothing = Buffer.alloc(0);

/** The buffer that a cursor reads into, to be kept by whoever calls it again and again. */
export function createReadWindow(): Buffer {
  return Buffer.allocUnsafeSlow(beforeLength + chunkLength);
}

/**
 * A place in an open file that knows what was read before it. While the descriptor is held the inode cannot be
 * given to another file, but the file can be truncated and grow again past the place between two reads. So it
 * keeps the first 256 bytes and up to 1 KiB before the place, and compares them with the file at each read.
 */
export class FileCursor {
  readonly identity: FileIdentity;
  readonly #handle: FileHandle;
  #offset = 0;
  #head: Buffer = nothing;
  #before: Buffer = nothing;

  constructor({ handle, identity }: OpenedLog) {
    this.#handle = handle;
    this.identity = identity;
  }

  /** Bytes of the file as it is now. */
  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  /** The bytes at `position`, as many as the file has, up to the length of `into`. Moves nothing. */
  async peek(into: Buffer, position: number): Promise<Buffer> {
    const { bytesRead } = await this.#handle.read(into, 0, into.length, position);
    return into.subarray(0, bytesRead);
  }

  /** Moves to `offset`. False, and back at the start, where the file has become shorter than that. */
  async seek(offset: number): Promise<boolean> {
    const head = await this.peek(Buffer.alloc(Math.min(offset, headLength)), 0);
    const length = Math.min(offset, beforeLength);
    const before = await this.peek(Buffer.alloc(length), offset - length);
    if (before.length < length) {
      this.#rewind();
      return false;
    }
    this.#offset = offset;
    this.#head = head;
    this.#before = before;
    return true;
  }

  async read(window: Buffer): Promise<Reading> {
    const known = this.#before.length;
    if (this.#offset > known && !(await this.#hasSameHead(window))) return this.#rewind();
    // One call reads what must be unchanged and what is new: no truncation fits in between.
    const seen = await this.peek(window, this.#offset - known);
    if (!seen.subarray(0, known).equals(this.#before)) return this.#rewind();
    if (seen.length === known) return { kind: 'end' };
    if (this.#offset === known) this.#head = Buffer.from(seen.subarray(0, headLength));
    this.#before = Buffer.from(seen.subarray(-beforeLength));
    this.#offset += seen.length - known;
    return { kind: 'bytes', bytes: seen.subarray(known) };
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #hasSameHead(window: Buffer): Promise<boolean> {
    return (await this.peek(window.subarray(0, this.#head.length), 0)).equals(this.#head);
  }

  #rewind(): Reading {
    this.#offset = 0;
    this.#head = nothing;
    this.#before = nothing;
    return { kind: 'rewritten' };
  }
}

/** How far back from its end a file is searched, however few lines that holds. */
const maxBacklogBytes = 4 * 1024 * 1024;
const blockLength = 64 * 1024;
const lineFeed = 0x0a;

/**
 * Moves to the start of the last `count` terminated lines, or of those within the last 4 MiB, reading from the
 * end. What follows the last LF is in front of the cursor too.
 */
export async function moveToLastLines(
  cursor: FileCursor,
  decoder: LogDecoder,
  splitter: LineSplitter,
  count: number,
): Promise<void> {
  const size = await cursor.size();
  if (size === 0) return;
  const encoding = encodingOf(await cursor.peek(Buffer.alloc(markLength), 0)) ?? 'utf-8';
  const lineStart = await findLineStart(cursor, size, count, encoding);
  if (lineStart === 0 || !(await cursor.seek(lineStart ?? size))) return;
  decoder.beginWithin(encoding);
  // One line fills all that was searched: its beginning is out of reach.
  if (lineStart === undefined) splitter.dropRestOfLine();
}

/** Undefined where no line starts in the bytes searched. */
async function findLineStart(
  cursor: FileCursor,
  size: number,
  count: number,
  encoding: LogEncoding,
): Promise<number | undefined> {
  const isWide = encoding !== 'utf-8';
  // No character is torn by what is read at once.
  const end = isWide ? size - (size % 2) : size;
  const searchedFrom = Math.max(0, end - maxBacklogBytes);
  const block = Buffer.allocUnsafe(blockLength);
  let lineStart = searchedFrom === 0 ? 0 : undefined;
  let found = 0;
  for (let blockEnd = end; blockEnd > searchedFrom; blockEnd -= blockLength) {
    const from = Math.max(searchedFrom, blockEnd - blockLength);
    const bytes = await cursor.peek(block.subarray(0, blockEnd - from), from);
    for (let at = bytes.lastIndexOf(lineFeed); at !== -1; at = bytes.subarray(0, at).lastIndexOf(lineFeed)) {
      if (isWide && !isWideLineFeed(bytes, at, encoding)) continue;
      if (searchedFrom > 0 || found === count) lineStart = from + at + (encoding === 'utf-16le' ? 2 : 1);
      if (found === count) return lineStart;
      found += 1;
    }
  }
  // In a hole: all lines after it are within reach, the first one too.
  return searchedFrom > 0 && (await isHoleAt(cursor, searchedFrom)) ? searchedFrom : lineStart;
}

function isWideLineFeed(bytes: Buffer, at: number, encoding: LogEncoding): boolean {
  return encoding === 'utf-16le' ? at % 2 === 0 && bytes[at + 1] === 0 : at % 2 === 1 && bytes[at - 1] === 0;
}

async function isHoleAt(cursor: FileCursor, position: number): Promise<boolean> {
  const bytes = await cursor.peek(Buffer.alloc(markLength), position);
  return bytes.length > 0 && bytes.every((byte) => byte === 0);
}

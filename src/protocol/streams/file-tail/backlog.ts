import type { FileCursor } from './cursor.ts';
import { encodingOf, type LogDecoder, type LogEncoding, markLength } from './decoder.ts';
import type { LineSplitter } from './lines.ts';

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

import type { FileCursor } from './cursor.ts';
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
  splitter: LineSplitter,
  count: number,
): Promise<void> {
  const size = await cursor.size();
  const lineStart = await findLineStart(cursor, size, count);
  const moved = await cursor.seek(lineStart ?? size);
  // One line fills all that was searched: its beginning is out of reach.
  if (moved && lineStart === undefined) splitter.dropRestOfLine();
}

/** Undefined where no line starts in the bytes searched. */
async function findLineStart(cursor: FileCursor, size: number, count: number): Promise<number | undefined> {
  const searchedFrom = Math.max(0, size - maxBacklogBytes);
  const block = Buffer.allocUnsafe(blockLength);
  let lineStart = searchedFrom === 0 ? 0 : undefined;
  let found = 0;
  for (let end = size; end > searchedFrom; end -= blockLength) {
    const from = Math.max(searchedFrom, end - blockLength);
    const bytes = await cursor.peek(block.subarray(0, end - from), from);
    for (let at = bytes.lastIndexOf(lineFeed); at !== -1; at = bytes.subarray(0, at).lastIndexOf(lineFeed)) {
      if (searchedFrom > 0 || found === count) lineStart = from + at + 1;
      if (found === count) return lineStart;
      found += 1;
    }
  }
  return lineStart;
}

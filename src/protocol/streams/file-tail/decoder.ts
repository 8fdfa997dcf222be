import { TextDecoder } from 'node:util';

/** How the characters of a log are put into bytes, as its byte order mark says; UTF-8 without one. */
export type LogEncoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** UTF-8 of which lines are made. `hole`: a truncation has left NULs here. */
export type LogPart = Buffer | 'hole';

const marks: readonly (readonly [LogEncoding, Buffer])[] = [
  ['utf-8', Buffer.from([0xef, 0xbb, 0xbf])],
  ['utf-16le', Buffer.from([0xff, 0xfe])],
  ['utf-16be', Buffer.from([0xfe, 0xff])],
];
/** Bytes of a file that tell its encoding. */
export const markLength = 3;
/** No program writes so many NULs on purpose. */
const holeLength = 32;
const lineFeed = 0x0a;
const nothing = Buffer.alloc(0);

/** What the first bytes of a file say of its encoding; undefined: more of them are needed. */
export function encodingOf(head: Buffer): LogEncoding | undefined {
  for (const [encoding, mark] of marks) {
    if (head.length < mark.length && mark.subarray(0, head.length).equals(head)) return undefined;
    if (head.subarray(0, mark.length).equals(mark)) return encoding;
  }
  return 'utf-8';
}

/**
 * Makes UTF-8 of the bytes of a log, however they are split over reads, without its byte order mark and without the
 * holes that a truncation leaves under a writer that goes on where it was: runs of 32 NULs or more, told as such, and
 * shorter ones where a line begins.
 */
export class LogDecoder {
  #encoding: LogEncoding | undefined;
  /** Encoding of the content before: a file that begins with a hole has lost its byte order mark. */
  #before: LogEncoding = 'utf-8';
  #head: Buffer = nothing;
  #wide: TextDecoder | undefined;
  #nuls = 0;
  #isLineStart = true;

  /** What follows does not begin where the file does, but where a line does. */
  beginWithin(encoding: LogEncoding): void {
    this.#begin(encoding);
  }

  push(bytes: Buffer): LogPart[] {
    if (this.#encoding !== undefined) return this.#parts(this.#narrow(bytes));
    this.#head = Buffer.concat([this.#head, bytes]);
    if (this.#head.length === 0) return [];
    const encoding = this.#head[0] === 0 ? this.#before : encodingOf(this.#head);
    if (encoding === undefined) return [];
    return this.#startWith(encoding);
  }

  /** The file has ended: returns what was held back. The next bytes are the start of another file. */
  flush(): LogPart[] {
    const held = this.#encoding === undefined && this.#head.length > 0 ? this.#startWith('utf-8') : [];
    const rest = this.#wide === undefined ? [] : this.#parts(Buffer.from(this.#wide.decode()));
    this.#before = this.#encoding ?? this.#before;
    this.#encoding = undefined;
    this.#wide = undefined;
    this.#nuls = 0;
    this.#isLineStart = true;
    return [...held, ...rest];
  }

  #begin(encoding: LogEncoding): void {
    this.#encoding = encoding;
    this.#wide = encoding === 'utf-8' ? undefined : new TextDecoder(encoding);
  }

  #startWith(encoding: LogEncoding): LogPart[] {
    const head = this.#head;
    this.#head = nothing;
    this.#begin(encoding);
    const mark = marks.find(([name]) => name === encoding)?.[1] ?? nothing;
    // Of UTF-16 the decoder takes it away itself.
    const isMarked = encoding === 'utf-8' && head.subarray(0, mark.length).equals(mark);
    return this.#parts(this.#narrow(isMarked ? head.subarray(mark.length) : head));
  }

  #narrow(bytes: Buffer): Buffer {
    return this.#wide === undefined ? bytes : Buffer.from(this.#wide.decode(bytes, { stream: true }));
  }

  #parts(bytes: Buffer): LogPart[] {
    const parts: LogPart[] = [];
    let from = 0;
    while (from < bytes.length) {
      if (bytes[from] === 0) {
        this.#nuls += 1;
        if (this.#nuls === holeLength) {
          parts.push('hole');
          this.#isLineStart = true;
        }
        from += 1;
        continue;
      }
      // NULs within a line, too few to be a hole: they were written.
      if (!this.#isLineStart && this.#nuls > 0) parts.push(Buffer.alloc(this.#nuls));
      this.#nuls = 0;
      const nul = bytes.indexOf(0, from);
      const end = nul === -1 ? bytes.length : nul;
      parts.push(bytes.subarray(from, end));
      this.#isLineStart = bytes[end - 1] === lineFeed;
      from = end;
    }
    return parts;
  }
}

/** The longest line that is delivered whole, in bytes of its text. Of a longer one, its beginning and a marker. */
export const maxLineBytes = 64 * 1024;
/** Ends a line that was cut. */
export const cutMarker = ' … [cut: the line is longer than 64 KiB]';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const nothing = Buffer.alloc(0);

/**
 * Puts the bytes of a log together to lines, however they are split over reads. Lines are decoded whole, so no
 * character is torn; bytes that are no UTF-8 become U+FFFD. A line over the bound is delivered as soon as it is
 * over, and the rest of it dropped, so that no more than one line is ever held.
 */
export class LineSplitter {
  readonly #onCut: () => void;
  #unterminated: Buffer = nothing;
  #dropping = false;

  constructor(onCut: () => void = () => {}) {
    this.#onCut = onCut;
  }

  /** The lines that these bytes end, without LF or CR LF. */
  push(bytes: Buffer): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, from)) {
      const line = this.#join(bytes.subarray(from, end));
      if (!this.#dropping) lines.push(this.#textOf(line));
      this.#dropping = false;
      this.#unterminated = nothing;
      from = end + 1;
    }
    if (this.#dropping || from === bytes.length) return lines;
    // A copy: the caller uses the buffer again.
    this.#unterminated = Buffer.concat([this.#unterminated, bytes.subarray(from)]);
    if (textLength(this.#unterminated) > maxLineBytes) {
      lines.push(this.#textOf(this.#unterminated));
      this.dropRestOfLine();
    }
    return lines;
  }

  /** The unterminated line, if there is one: its file has ended. What follows starts a new line. */
  flush(): string[] {
    const last = this.#unterminated;
    this.#unterminated = nothing;
    this.#dropping = false;
    return last.length === 0 ? [] : [this.#textOf(last)];
  }

  /** Everything up to the next LF belongs to a line that is not delivered any more. */
  dropRestOfLine(): void {
    this.#unterminated = nothing;
    this.#dropping = true;
  }

  #join(bytes: Buffer): Buffer {
    return this.#unterminated.length === 0 ? bytes : Buffer.concat([this.#unterminated, bytes]);
  }

  #textOf(line: Buffer): string {
    const length = textLength(line);
    if (length <= maxLineBytes) return line.toString('utf8', 0, length);
    this.#onCut();
    return line.toString('utf8', 0, characterBoundary(line, maxLineBytes)) + cutMarker;
  }
}

/** Without the CR of a CR LF, which may be the last byte of an unterminated line. */
function textLength(line: Buffer): number {
  return line.at(-1) === carriageReturn ? line.length - 1 : line.length;
}

/** The last place at or before `at` that is not within a UTF-8 character (RFC 3629: at most four bytes). */
function characterBoundary(bytes: Buffer, at: number): number {
  for (let boundary = at; boundary > at - 4; boundary--) {
    if (((bytes[boundary] ?? 0) & 0b1100_0000) !== 0b1000_0000) return boundary;
  }
  return at;
}

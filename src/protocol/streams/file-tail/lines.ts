/** The longest line that is delivered whole, in bytes of its text. Of a longer one, its beginning and a marker. */
export const maxLineBytes = 64 * 1024;
/** Ends a line that was cut. */
export const cutMarker = ' … [cut: the line is longer than 64 KiB]';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const nothing = Buffer.alloc(0);

/**
 * Puts the UTF-8 of a log together to lines, however it is split over reads. Lines are decoded whole, so no character
 * is torn; bytes that are no UTF-8 become U+FFFD. A CR begins the line anew, as on a terminal: what counts is what was
 * written last, which is the line itself where the CR belongs to CR LF. A line over the bound is delivered as soon as
 * it is over, and the rest of it dropped, so that no more than one line is ever held.
 */
export class LineSplitter {
  readonly #onCut: () => void;
  /** After the last CR, or the last LF. */
  #unterminated: Buffer = nothing;
  /** What stood in the line before its last CR; empty ones are not counted. */
  #overwritten: Buffer | undefined;
  #hasBegun = false;
  #dropping = false;
  /** What was delivered of the unfinished line. */
  #shown: string | undefined;

  constructor(onCut: () => void = () => {}) {
    this.#onCut = onCut;
  }

  /** The lines that these bytes end, without LF or CR LF. */
  push(bytes: Buffer): string[] {
    const lines: string[] = [];
    let from = 0;
    let carriage = bytes.indexOf(carriageReturn);
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, from)) {
      if (carriage !== -1 && carriage < from) carriage = bytes.indexOf(carriageReturn, from);
      const textEnd = carriage === end - 1 ? carriage : end;
      // As nearly all lines are: whole, short, and with no CR but that of CR LF.
      if (this.#isFresh && textEnd - from <= maxLineBytes && (carriage === -1 || carriage >= textEnd)) {
        lines.push(bytes.toString('utf8', from, textEnd));
      } else {
        this.#take(bytes.subarray(from, end), lines);
        if (!this.#dropping) this.#endLine(lines);
        this.#reset();
      }
      from = end + 1;
    }
    this.#take(bytes.subarray(from), lines);
    return lines;
  }

  /** The unterminated line, if there is one: its file has ended. What follows starts a new line. */
  flush(): string[] {
    const lines: string[] = [];
    if (this.#hasBegun && !this.#dropping) this.#endLine(lines);
    this.#reset();
    return lines;
  }

  /** Everything up to the next LF belongs to a line that is not delivered any more. */
  dropRestOfLine(): void {
    this.#reset();
    this.#dropping = true;
  }

  /** Whether what is under way was written over already, as a progress bar is. */
  get isOverwritten(): boolean {
    return this.#overwritten !== undefined;
  }

  /** Such a line as it stands, unless it stands as it was given last. It ends with no second line of the same text. */
  standing(): string | undefined {
    if (this.#overwritten === undefined) return undefined;
    const text = this.#text();
    if (text === this.#shown) return undefined;
    this.#shown = text;
    return text;
  }

  get #isFresh(): boolean {
    return !this.#hasBegun && !this.#dropping;
  }

  #take(bytes: Buffer, lines: string[]): void {
    if (bytes.length === 0 || this.#dropping) return;
    this.#hasBegun = true;
    let from = 0;
    for (let end = bytes.indexOf(carriageReturn); end !== -1; end = bytes.indexOf(carriageReturn, from)) {
      this.#extend(bytes.subarray(from, end), lines);
      if (this.#dropping) return;
      if (this.#unterminated.length > 0) this.#overwritten = this.#unterminated;
      this.#unterminated = nothing;
      from = end + 1;
    }
    this.#extend(bytes.subarray(from), lines);
  }

  #extend(bytes: Buffer, lines: string[]): void {
    // A copy: the caller uses the buffer again.
    if (bytes.length > 0) this.#unterminated = Buffer.concat([this.#unterminated, bytes]);
    if (this.#unterminated.length <= maxLineBytes) return;
    this.#onCut();
    const end = characterBoundary(this.#unterminated, maxLineBytes);
    lines.push(this.#unterminated.toString('utf8', 0, end) + cutMarker);
    this.dropRestOfLine();
  }

  #endLine(lines: string[]): void {
    const text = this.#text();
    if (text !== this.#shown) lines.push(text);
  }

  #text(): string {
    const last = this.#unterminated.length > 0 ? this.#unterminated : (this.#overwritten ?? nothing);
    return last.toString('utf8');
  }

  #reset(): void {
    this.#unterminated = nothing;
    this.#overwritten = undefined;
    this.#hasBegun = false;
    this.#dropping = false;
    this.#shown = undefined;
  }
}

/** The last place at or before `at` that is not within a UTF-8 character (RFC 3629: at most four bytes). */
function characterBoundary(bytes: Buffer, at: number): number {
  for (let boundary = at; boundary > at - 4; boundary--) {
    if (((bytes[boundary] ?? 0) & 0b1100_0000) !== 0b1000_0000) return boundary;
  }
  return at;
}

const finalBit = 0x80;
const compressedBit = 0x40;
const reservedBits = 0x30;
const maskBit = 0x80;
const closeOpcode = 0x8;
/** A bit for each opcode there is: text, binary, close, ping and pong. A server's frames are never fragments. */
const opcodes = 0b111_0000_0110;

/** Told of each complete frame: its payload is `bytes` from `start` to `end`, valid during the call only. */
export type FrameListener = (
  opcode: number,
  bytes: Buffer,
  start: number,
  end: number,
  compressed: boolean,
) => void;

/**
 * Splits the byte stream of a server into frames (RFC 6455 §5.2), and notes what a server must not do: clients such as
 * `ws` stop looking at what comes after a close frame. A frame that arrived whole is not copied, and no payload is
 * looked at, so that thousands of clients of a benchmark weigh little.
 */
export class FrameReader {
  /** What the server did wrong. */
  readonly faults: string[] = [];
  /** Bytes of all frames so far. */
  bytes = 0;
  /** Frames with a compressed payload. */
  compressed = 0;
  /** Whether the close frame came. */
  closed = false;
  readonly #onFrame: FrameListener;
  #rest: Buffer | undefined;

  constructor(onFrame: FrameListener = () => {}) {
    this.#onFrame = onFrame;
  }

  read(chunk: Buffer): void {
    this.bytes += chunk.length;
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at + 2 <= bytes.length && !this.closed) {
      const second = bytes[at + 1] ?? 0;
      const short = second & 0x7f;
      const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
      if (start > bytes.length) break;
      const length =
        short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : bytes.readUIntBE(at + 4, 6);
      const end = start + length;
      if (end > bytes.length) break;
      this.#take(bytes[at] ?? 0, second, bytes, start, end);
      at = end;
    }
    if (this.closed && at < bytes.length)
      this.faults.push(`${bytes.length - at} bytes after the close frame`);
    // The chunk's memory may be read into again, so what is not complete yet has to be kept.
    this.#rest = this.closed || at === bytes.length ? undefined : Buffer.from(bytes.subarray(at));
  }

  #take(first: number, second: number, bytes: Buffer, start: number, end: number): void {
    const opcode = first & 0x0f;
    const compressed = (first & compressedBit) !== 0;
    const wellFormed =
      (first & finalBit) !== 0 &&
      (first & reservedBits) === 0 &&
      (second & maskBit) === 0 &&
      ((1 << opcode) & opcodes) !== 0 &&
      !(compressed && opcode >= closeOpcode);
    if (!wellFormed) this.faults.push(`a frame begins with ${first} ${second}`);
    if (compressed) this.compressed += 1;
    if (opcode === closeOpcode) this.closed = true;
    this.#onFrame(opcode, bytes, start, end, compressed);
  }
}

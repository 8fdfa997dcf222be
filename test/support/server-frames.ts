const finalBit = 0x80;
const compressedBit = 0x40;
const reservedBits = 0x30;
const maskBit = 0x80;
const closeOpcode = 0x8;
const opcodes: ReadonlySet<number> = new Set([0x1, 0x2, closeOpcode, 0x9, 0xa]);

/** A frame as it came over the wire, its payload not decompressed. */
export interface ServerFrame {
  readonly opcode: number;
  readonly compressed: boolean;
  readonly payload: Buffer;
}

/**
 * Reads the byte stream of a server as frames (RFC 6455 §5.2), and keeps what it must not do: clients such as
 * `ws` stop looking at what comes after a close frame.
 */
export class ServerFrames {
  /** What the server did wrong. */
  readonly faults: string[] = [];
  /** Bytes of all frames so far. */
  bytes = 0;
  /** Frames with a compressed payload. */
  compressed = 0;
  /** Whether the close frame came. */
  closed = false;
  readonly #onFrame: (frame: ServerFrame) => void;
  #rest = Buffer.alloc(0);

  constructor(onFrame: (frame: ServerFrame) => void = () => {}) {
    this.#onFrame = onFrame;
  }

  read(chunk: Buffer): void {
    this.bytes += chunk.length;
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      if (this.closed && at < bytes.length) {
        this.faults.push(`${bytes.length - at} bytes after the close frame`);
        return;
      }
      const head = headAt(bytes, at);
      if (head === undefined || head.end > bytes.length) break;
      this.#take(bytes.readUInt8(at), bytes.readUInt8(at + 1), bytes.subarray(head.start, head.end));
      at = head.end;
    }
    // Kept until more comes; whoever reads into the chunk's memory again must not change it.
    this.#rest = Buffer.from(bytes.subarray(at));
  }

  #take(first: number, second: number, payload: Buffer): void {
    const opcode = first & 0x0f;
    const compressed = (first & compressedBit) !== 0;
    const isData = opcode < closeOpcode;
    const wellFormed =
      (first & finalBit) !== 0 &&
      (first & reservedBits) === 0 &&
      (second & maskBit) === 0 &&
      opcodes.has(opcode);
    if (!wellFormed || (compressed && !isData)) this.faults.push(`a frame begins with ${first} ${second}`);
    if (compressed) this.compressed += 1;
    if (opcode === closeOpcode) this.closed = true;
    this.#onFrame({ opcode, compressed, payload });
  }
}

function headAt(bytes: Buffer, at: number): { start: number; end: number } | undefined {
  if (at + 2 > bytes.length) return undefined;
  const short = bytes.readUInt8(at + 1) & 0x7f;
  const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
  if (start > bytes.length) return undefined;
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
  return { start, end: start + length };
}

const opcodeMask = 0x0f;
const lengthMask = 0x7f;

/** Told of each complete frame: its payload is `bytes` from `start` to `end`, valid during the call only. */
export type FrameListener = (opcode: number, bytes: Buffer, start: number, end: number) => void;

/**
 * Splits a server's byte stream into WebSocket frames (RFC 6455 §5.2) as cheaply as JavaScript can: a frame that
 * arrived whole is not copied, and nothing in it is looked at. Servers send unmasked frames.
 */
export class FrameReader {
  readonly #onFrame: FrameListener;
  #rest: Buffer | undefined;

  constructor(onFrame: FrameListener) {
    this.#onFrame = onFrame;
  }

  read(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at + 2 <= bytes.length) {
      const short = (bytes[at + 1] ?? 0) & lengthMask;
      const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
      if (start > bytes.length) break;
      const length =
        short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : bytes.readUIntBE(at + 4, 6);
      const end = start + length;
      if (end > bytes.length) break;
      this.#onFrame((bytes[at] ?? 0) & opcodeMask, bytes, start, end);
      at = end;
    }
    // The chunk's memory is read into again, so what is not complete yet has to be kept.
    this.#rest = at === bytes.length ? undefined : Buffer.from(bytes.subarray(at));
  }
}

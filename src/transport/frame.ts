import { constants, deflateRawSync } from 'node:zlib';

/** Bytes for a WebSocket, made once and written to every client that shares them. */
export type Frame = Buffer;

const finalText = 0x81;
const finalBinary = 0x82;
/** The message is compressed (RFC 7692 §6). */
const compressed = 0x40;
const finalPing = 0x89;
const finalPong = 0x8a;

interface FrameOptions {
  readonly isBinary: boolean;
  /** Whether the payload was deflated. Default false. */
  readonly isCompressed?: boolean;
}

/** Bytes of a frame with so many of payload. */
export function frameLength(payloadLength: number): number {
  return payloadLength + (payloadLength < 126 ? 2 : payloadLength < 65_536 ? 4 : 10);
}

/** An unmasked WebSocket message in one frame (RFC 6455 §5.2). */
export function messageFrame(payload: Uint8Array, { isBinary, isCompressed = false }: FrameOptions): Frame {
  const { length } = payload;
  const start = frameLength(length) - length;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = (isBinary ? finalBinary : finalText) | (isCompressed ? compressed : 0);
  if (length < 126) {
    frame[1] = length;
  } else if (length < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.set(payload, start);
  return frame;
}

/** A ping without payload: any pong that follows answers it. */
export const pingFrame: Frame = Buffer.from([finalPing, 0]);

/** The answer to a ping: its payload, of 125 bytes at most, sent back (RFC 6455 §5.5.3). */
export function pongFrame(payload: Buffer): Frame {
  return Buffer.concat([Buffer.from([finalPong, payload.length]), payload]);
}

/** The largest window, which a client has unless it asked for a smaller one (RFC 7692 §7.1.2). */
export const fullWindowBits = 15;

/** Above this, speed counts for more than size: a larger document would hold up everyone else. */
const largeBytes = 64 * 1024;
/** A sync flush ends with an empty block of these four bytes, which are left out (RFC 7692 §7.2.1). */
const tailBytes = 4;

/**
 * Compresses the payload of one message.
 * @param dictionary what the receiver's window ends with
 */
export function deflate(payload: Buffer, windowBits: number, dictionary?: Buffer): Buffer {
  const compressed = deflateRawSync(payload, {
    windowBits,
    level: payload.length > largeBytes ? constants.Z_BEST_SPEED : constants.Z_BEST_COMPRESSION,
    finishFlush: constants.Z_SYNC_FLUSH,
    dictionary,
  });
  return compressed.subarray(0, compressed.length - tailBytes);
}

/** Bytes ready for the wire, framing included: made once, written to every client that shares them. */
export type Frame = Buffer;

const finalText = 0x81;
const finalBinary = 0x82;
/** The message is compressed (RFC 7692 §6). */
const compressed = 0x40;
const finalPing = 0x89;
const finalPong = 0x8a;

/** An unmasked WebSocket text message in one frame (RFC 6455 §5.2). */
export function textFrame(text: string): Frame {
  const { frame, start } = allocate(finalText, Buffer.byteLength(text));
  frame.write(text, start);
  return frame;
}

/** An unmasked WebSocket binary message in one frame (RFC 6455 §5.2). */
export function binaryFrame(data: Uint8Array): Frame {
  const { frame, start } = allocate(finalBinary, data.length);
  frame.set(data, start);
  return frame;
}

/** The same message with a compressed payload in place of its own. */
export function compressedFrame(plain: Frame, payload: Uint8Array): Frame {
  const { frame, start } = allocate((plain[0] ?? finalText) | compressed, payload.length);
  frame.set(payload, start);
  return frame;
}

/** What an unmasked frame carries, without a copy. */
export function payloadOf(frame: Frame): Buffer {
  const length = frame[1] ?? 0;
  return frame.subarray(length < 126 ? 2 : length === 126 ? 4 : 10);
}

function allocate(firstByte: number, length: number): { frame: Buffer; start: number } {
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = firstByte;
  if (length < 126) {
    frame[1] = length;
  } else if (length < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  return { frame, start };
}

/** A ping without payload: any pong that follows answers it. */
export const pingFrame: Frame = Buffer.from([finalPing, 0]);

/** The answer to a ping: its payload, of 125 bytes at most, sent back (RFC 6455 §5.5.3). */
export function pongFrame(payload: Buffer): Frame {
  return Buffer.concat([Buffer.from([finalPong, payload.length]), payload]);
}

import { constants, deflateRawSync } from 'node:zlib';

/** The largest window, which a client has unless it asked for a smaller one (RFC 7692 §7.1.2). */
export const fullWindowBits = 15;
/** The smallest window that zlib can compress for; the extension also knows 8. */
export const leastWindowBits = 9;

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
    ...(dictionary === undefined ? {} : { dictionary }),
  });
  return compressed.subarray(0, compressed.length - tailBytes);
}

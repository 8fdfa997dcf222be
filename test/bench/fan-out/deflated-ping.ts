import { constants, deflateRawSync } from 'node:zlib';

const finalTextCompressed = 0xc1;
const masked = 0x80;
const noMask = [0, 0, 0, 0] as const;
/** What a sync flush ends with, and a message leaves out (RFC 7692 §7.2.1). */
const flushTail = 4;

/** A client's frame with `{"type":"PING"}`, compressed (RSV1), masked with zeros. */
export function deflatedPing(): Buffer {
  const flushed = deflateRawSync('{"type":"PING"}', { finishFlush: constants.Z_SYNC_FLUSH });
  const payload = flushed.subarray(0, -flushTail);
  return Buffer.concat([Buffer.from([finalTextCompressed, masked | payload.length, ...noMask]), payload]);
}

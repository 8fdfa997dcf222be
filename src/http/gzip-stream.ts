import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';

const deflate = promisify(deflateRaw);

/** No name, no time, any system (RFC 1952 §2.3). */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** An empty last block (RFC 1951 §3.2.3), after which nothing but the trailer follows. */
const lastBlock = Buffer.from([0x03, 0x00]);

/** How far a match may reach back (RFC 1951 §2). */
const windowBytes = 32 * 1024;

/**
 * A stream as one gzip member, made as it is read. Each chunk is compressed by a call of its own, up to a byte's
 * boundary, with the end of the chunk before as its dictionary: as small as in one go, but between two chunks 32 KiB are
 * held for a reader that reads nothing, and not the quarter of a megabyte that is zlib's state.
 */
export function gzipped(source: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  let [checksum, length] = [0, 0];
  let dictionary: Buffer | undefined;
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(header),
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) {
          controller.enqueue(Buffer.concat([lastBlock, trailerOf(checksum, length)]));
          controller.close();
          return;
        }
        checksum = crc32(value, checksum);
        length += value.length;
        controller.enqueue(await deflate(value, { finishFlush: constants.Z_SYNC_FLUSH, dictionary }));
        dictionary = Buffer.from(value.subarray(-windowBytes));
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** RFC 1952 §2.3.1: CRC-32 and length modulo 2^32 of what was compressed, least significant byte first. */
function trailerOf(checksum: number, length: number): Buffer {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(length % 2 ** 32, 4);
  return trailer;
}

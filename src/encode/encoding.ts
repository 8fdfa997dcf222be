import type { JsonObject } from '../core/json.ts';
import { pack } from '../wire/msgpack.ts';
import { createLeastBytes, jsonCosts, msgpackCosts } from './least-bytes.ts';

/** How packets become bytes. */
export interface Encoding {
  /** Whether the bytes are no text (RFC 6455 §5.6). */
  readonly isBinary: boolean;
  /** @param packet what JSON can say */
  encode(packet: object): Buffer;
  /** A lower bound of the size that a packet with this document has. */
  leastBytes(document: JsonObject): number;
}

export const jsonEncoding: Encoding = {
  isBinary: false,
  encode: (packet) => Buffer.from(JSON.stringify(packet)),
  leastBytes: createLeastBytes(jsonCosts),
};

export const msgpackEncoding: Encoding = {
  isBinary: true,
  encode(packet) {
    const { buffer, byteOffset, length } = pack(packet);
    return Buffer.from(buffer, byteOffset, length);
  },
  leastBytes: createLeastBytes(msgpackCosts),
};

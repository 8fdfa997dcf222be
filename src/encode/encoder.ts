import type { JsonObject } from '../core/json.ts';
import { formatPosition, type Position } from '../feed/position.ts';
import { pack } from '../wire/msgpack.ts';
import { binaryFrame, type Frame, textFrame } from './frame.ts';
import { createLeastBytes, jsonCosts, msgpackCosts } from './least-bytes.ts';

/** Makes the bytes of a packet: encoding and framing in one. */
export interface Encoder {
  (packet: JsonObject, position: Position): Frame;
  /** A lower bound of the size that a packet with this document has. */
  readonly leastBytes: (document: JsonObject) => number;
}

const leastJsonBytes = createLeastBytes(jsonCosts);

/** A WebSocket text frame of JSON. */
export const jsonEncoder: Encoder = Object.assign(
  (packet: JsonObject): Frame => textFrame(JSON.stringify(packet)),
  { leastBytes: leastJsonBytes },
);

/** A WebSocket binary frame of MessagePack. */
export const msgpackEncoder: Encoder = Object.assign(
  (packet: JsonObject): Frame => binaryFrame(pack(packet)),
  {
    leastBytes: createLeastBytes(msgpackCosts),
  },
);

/**
 * A Server-Sent Event of JSON. Its id is the position, which a browser sends back as `Last-Event-ID`; it has no
 * name, so that `onmessage` sees it (WHATWG HTML §9.2).
 */
export const eventEncoder: Encoder = Object.assign(
  (packet: JsonObject, position: Position): Frame =>
    Buffer.from(`id: ${formatPosition(position)}\ndata: ${JSON.stringify(packet)}\n\n`),
  { leastBytes: leastJsonBytes },
);

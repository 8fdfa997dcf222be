import type { JsonObject } from '../core/json.ts';
import { formatPosition, type Position } from '../feed/position.ts';
import { pack } from '../wire/msgpack.ts';
import { binaryFrame, textFrame } from './frame.ts';
import { createLeastBytes, jsonCosts, msgpackCosts } from './least-bytes.ts';
import { Message } from './message.ts';

/** Makes the bytes of a packet: encoding and framing in one. */
export interface Encoder {
  /** @param previous what most of its receivers will have been sent before it: helps to compress it */
  (packet: JsonObject, position: Position, previous?: Message): Message;
  /** A lower bound of the size that a packet with this document has. */
  readonly leastBytes: (document: JsonObject) => number;
}

const leastJsonBytes = createLeastBytes(jsonCosts);

/** A WebSocket text frame of JSON. */
export const jsonEncoder: Encoder = Object.assign(
  (packet: JsonObject, _position: Position, previous?: Message) =>
    new Message(textFrame(JSON.stringify(packet)), previous),
  { leastBytes: leastJsonBytes },
);

/** A WebSocket binary frame of MessagePack. */
export const msgpackEncoder: Encoder = Object.assign(
  (packet: JsonObject, _position: Position, previous?: Message) =>
    new Message(binaryFrame(pack(packet)), previous),
  {
    leastBytes: createLeastBytes(msgpackCosts),
  },
);

/**
 * A Server-Sent Event of JSON. Its id is the position, which a browser sends back as `Last-Event-ID`; it has no
 * name, so that `onmessage` sees it (WHATWG HTML §9.2).
 */
export const eventEncoder: Encoder = Object.assign(
  (packet: JsonObject, position: Position) =>
    new Message(Buffer.from(`id: ${formatPosition(position)}\ndata: ${JSON.stringify(packet)}\n\n`)),
  { leastBytes: leastJsonBytes },
);

import type { JsonObject } from '../core/json.ts';
import { formatPosition, type Position } from '../feed/position.ts';
import { pack } from '../wire/msgpack.ts';
import { binaryFrame, type Frame, textFrame } from './frame.ts';

/** Makes the bytes of a packet: encoding and framing in one. */
export type Encoder = (packet: JsonObject, position: Position) => Frame;

/** A WebSocket text frame of JSON. */
export const jsonEncoder: Encoder = (packet) => textFrame(JSON.stringify(packet));

/** A WebSocket binary frame of MessagePack. */
export const msgpackEncoder: Encoder = (packet) => binaryFrame(pack(packet));

/**
 * A Server-Sent Event of JSON. Its id is the position, which a browser sends back as `Last-Event-ID`; it has no
 * name, so that `onmessage` sees it (WHATWG HTML §9.2).
 */
export const eventEncoder: Encoder = (packet, position) =>
  Buffer.from(`id: ${formatPosition(position)}\ndata: ${JSON.stringify(packet)}\n\n`);

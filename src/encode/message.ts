import { type Encoding, jsonEncoding } from './encoding.ts';

/** What JSON can say, with a type. */
export interface Packet {
  readonly type: string;
}

let lastId = 0;

/** What a message may have besides its packet. */
export interface MessageContext {
  /** `<epoch>-<seq>`: whoever holds the message stands there in its feed. Undefined: it moves nobody. */
  readonly position?: string | undefined;
  /** What most of those who get it will have been sent before it: helps to compress it. */
  readonly previous?: Message | undefined;
}

/**
 * What an update or an answer says, in the bytes of its encoding. It is made once, whoever is sent it; how it is
 * framed is the business of each transport.
 */
export class Message {
  /** Unlike any other's in this process, from 1 up. */
  readonly id: number;
  /** Packet type, for the metrics. */
  readonly type: string;
  readonly payload: Buffer;
  readonly isBinary: boolean;
  readonly position: string | undefined;
  /** What its receivers are likely to have been sent before it. Not the message itself, which has one, too. */
  readonly base: { readonly id: number; readonly payload: Buffer } | undefined;

  constructor(
    packet: Packet,
    encoding: Encoding = jsonEncoding,
    { position, previous }: MessageContext = {},
  ) {
    lastId += 1;
    this.id = lastId;
    this.type = packet.type;
    this.payload = encoding.encode(packet);
    this.isBinary = encoding.isBinary;
    this.position = position;
    this.base = previous && { id: previous.id, payload: previous.payload };
  }
}

/**
 * A form in which a transport sends messages, such as frames or events: made of each message for the first client
 * that needs it, and shared by all that do.
 */
export function createForm<Made extends object>(
  make: (message: Message) => Made,
): (message: Message) => Made {
  const known = new WeakMap<Message, Made>();
  // A fan-out offers one message to thousands of clients in a row: for those it is found by one comparison.
  let lastId = 0;
  let last: Made | undefined;
  return (message) => {
    if (message.id === lastId && last !== undefined) return last;
    const made = known.get(message) ?? make(message);
    known.set(message, made);
    lastId = message.id;
    last = made;
    return made;
  };
}

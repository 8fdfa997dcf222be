import { type Encoding, jsonEncoding } from './encoding.ts';

/** A JSON object with a type. */
export interface Packet {
  readonly type: string;
  /** Name of the Server-Sent Event that it becomes, which then has no id. Default: none, and it has an id. */
  readonly streamEvent?: string;
}

let lastId = 0;

/** What a message may have besides its packet. */
export interface MessageContext {
  /** `<epoch>-<seq>`: where in the feed a client is that was sent this. Undefined: it tells nothing of a feed. */
  readonly position?: string | undefined;
  /** What most of its receivers were sent before it: the dictionary to compress it with. */
  readonly previous?: Message | undefined;
}

/** An update or an answer in the bytes of its encoding, made once for all who are sent it. Transports frame it. */
export class Message {
  /** Unique in this process, from 1 up. */
  readonly id: number;
  /** Packet type: for the metrics, and the name of the event on Socket.IO. */
  readonly type: string;
  readonly payload: Buffer;
  readonly isBinary: boolean;
  readonly streamEvent: string | undefined;
  readonly position: string | undefined;
  /** Of `previous`. Not the message itself, which would keep all before it alive. */
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
    this.streamEvent = packet.streamEvent;
    this.position = position;
    this.base = previous && { id: previous.id, payload: previous.payload };
  }
}

/** What a transport makes of a message, such as frames or events: once, for all clients that need it. */
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

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { decode } from '@msgpack/msgpack';
import { type ClientOptions, WebSocket } from 'ws';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { FrameReader } from './frame-reader.ts';
import { deadlineMs, type Resource, waitFor, within } from './wait.ts';

/** A message from the gateway. Absent fields read as undefined. */
export interface Packet {
  readonly type: string;
  readonly seq: number;
  /** The document, in the packets that carry one; else empty. */
  readonly data: JsonObject;
  readonly body: JsonObject;
  /** As it came over the wire; of a binary frame, what it says as JSON. */
  readonly text: string;
  readonly isBinary: boolean;
  /** Bytes of the message. */
  readonly bytes: number;
  /** When it was read, epoch ms. */
  readonly at: number;
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A real WebSocket client that keeps what it received. */
export interface TestClient extends Resource {
  /** All packets so far, oldest first. */
  readonly packets: readonly Packet[];
  readonly latest: Packet;
  /** The first packet after the one last returned that satisfies the predicate. */
  next(wanted?: (packet: Packet) => boolean, timeoutMs?: number): Promise<Packet>;
  /** The first packet of this type after the one last returned. */
  nextOf(type: string, timeoutMs?: number): Promise<Packet>;
  /** Forgets what came so far, for `next`. */
  skipReceived(): void;
  send(message: JsonValue): void;
  /** How the connection ended. */
  readonly closed: Promise<Closed>;
  /** Bytes read from the socket. */
  readonly bytesRead: number;
  readonly socket: WebSocket;
}

/** A handshake that was answered with something other than 101. */
export class UpgradeRefused extends Error {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;

  constructor(status: number, headers: IncomingMessage['headers'], body: string) {
    super(`upgrade refused with ${status}: ${body}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/** Connects, or rejects with UpgradeRefused. */
export async function connectClient(
  url: string,
  options: ClientOptions = {},
  protocols: string[] = [],
): Promise<TestClient> {
  const socket = new WebSocket(url, protocols, { perMessageDeflate: false, ...options });
  const packets: Packet[] = [];
  let given = 0;
  let stream: IncomingMessage['socket'] | undefined;
  socket.on('message', (data, isBinary) => {
    if (Buffer.isBuffer(data)) packets.push(readPacket(data, isBinary));
  });
  socket.on('upgrade', (response) => {
    stream = response.socket;
  });
  const closed = new Promise<Closed>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await within(`a connection to ${url}`, opened(socket));

  const next = (wanted: (packet: Packet) => boolean = () => true, timeoutMs = deadlineMs) =>
    waitFor(
      'a packet',
      () => {
        const at = packets.findIndex((packet, index) => index >= given && wanted(packet));
        if (at < 0) return undefined;
        given = at + 1;
        return packets[at];
      },
      { timeoutMs, state: () => packets.at(-1)?.text },
    );

  return {
    packets,
    get latest() {
      const last = packets.at(-1);
      if (last === undefined) throw new Error('nothing was received yet');
      return last;
    },
    next,
    nextOf: (type, timeoutMs) => next((packet) => packet.type === type, timeoutMs),
    skipReceived() {
      given = packets.length;
    },
    send: (message) => socket.send(JSON.stringify(message)),
    closed,
    get bytesRead() {
      return stream?.bytesRead ?? 0;
    },
    socket,
    stop: () => socket.terminate(),
  };
}

/** How a handshake that must not succeed was refused. */
export async function refusalOf(
  url: string,
  options: ClientOptions = {},
  protocols: string[] = [],
): Promise<UpgradeRefused> {
  try {
    const client = await connectClient(url, options, protocols);
    await client.stop();
  } catch (error) {
    if (error instanceof UpgradeRefused) return error;
    throw error;
  }
  throw new Error(`${url} was let in`);
}

/** Reads what a `ws` client receives as frames, too, as they are on the wire. */
export function framesOfSocket(client: WebSocket): FrameReader {
  const frames = new FrameReader();
  client.on('upgrade', ({ socket }: { socket: Socket }) => {
    // Not before `ws` listens itself: it puts back what came with the handshake.
    client.on('open', () => socket.on('data', (chunk) => frames.read(chunk)));
  });
  return frames;
}

/** What is found on the way through nested objects; undefined where it ends early. */
export function valueAt(document: JsonObject, ...path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (holder, key) => (isJsonObject(holder) ? holder[key] : undefined),
    document,
  );
}

async function opened(socket: WebSocket): Promise<void> {
  const refused = new Promise<never>((_, reject) => {
    socket.on('unexpected-response', (_request, response) => {
      const refusal = (body: string) => new UpgradeRefused(response.statusCode ?? 0, response.headers, body);
      text(response).then((body) => reject(refusal(body)), reject);
    });
  });
  await Promise.race([once(socket, 'open'), refused]);
  // A socket that fails later is seen by its close code.
  socket.on('error', () => {});
}

/** Binary frames are MessagePack: read by another decoder than the gateway's own library. */
function readPacket(data: Buffer, isBinary: boolean): Packet {
  const body: unknown = isBinary ? decode(data) : JSON.parse(data.toString());
  if (!isJsonObject(body)) throw new Error(`not a packet: ${data.toString()}`);
  return toPacket(body, isBinary ? JSON.stringify(body) : data.toString(), { isBinary, bytes: data.length });
}

export function toPacket(
  body: JsonObject,
  text: string,
  { isBinary, bytes }: Pick<Packet, 'isBinary' | 'bytes'>,
): Packet {
  const { type, seq, data } = body;
  return {
    type: typeof type === 'string' ? type : '',
    seq: typeof seq === 'number' ? seq : 0,
    data: isJsonObject(data) ? data : {},
    body,
    text,
    isBinary,
    bytes,
    at: Date.now(),
  };
}

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { constants, deflateRawSync } from 'node:zlib';
import { type FrameListener, FrameReader } from './frame-reader.ts';
import { handshake } from './raw-socket.ts';
import { type Resource, waitFor } from './wait.ts';

const closeOpcode = 0x8;

/** Every client reads into this: what was read is dealt with before anything else is. */
const inbox = Buffer.alloc(256 * 1024);

export interface RawWebSocketOptions {
  /** Of the request. Default `/`. */
  readonly target?: string;
  /** `Sec-WebSocket-Extensions` of the request. Default: there is none. */
  readonly extensions?: string;
  readonly localAddress?: string | undefined;
  /** Whether this side stays open when the server has ended its own. Default no. */
  readonly allowHalfOpen?: boolean;
  readonly onFrame: FrameListener;
  /** Told of the head of the response. */
  onResponse(head: string): void;
}

/** A WebSocket client over a bare socket, which answers nothing by itself. */
export class BareWebSocket implements Resource {
  readonly socket: Socket;
  readonly #frames: FrameReader;
  readonly #onResponse: (head: string) => void;
  /** What came of the response; undefined: it is complete. */
  #head: string | undefined = '';

  constructor(port: number, options: RawWebSocketOptions) {
    const { target = '/', extensions = '', localAddress, allowHalfOpen, onFrame } = options;
    this.#frames = new FrameReader(onFrame);
    this.#onResponse = (head) => options.onResponse(head);
    this.socket = connect({
      ...{ port, host: '127.0.0.1', noDelay: true, localAddress, allowHalfOpen },
      onread: {
        buffer: inbox,
        callback: (length) => {
          this.#read(inbox.subarray(0, length));
          return true;
        },
      },
    });
    // A connection that fails is seen by its end.
    this.socket.on('error', () => {});
    this.socket.write(handshake(target, extensions === '' ? {} : { 'Sec-WebSocket-Extensions': extensions }));
  }

  /** What the server did that no server may. */
  get faults(): readonly string[] {
    return this.#frames.faults;
  }

  /** Sends a masked frame. `first`: FIN, RSV1 to 3 and opcode (RFC 6455 §5.2). */
  frame(first: number, payload: Buffer | string = ''): void {
    this.socket.write(maskedFrame(first, Buffer.from(payload)));
  }

  stop(): void {
    this.socket.destroy();
  }

  #read(bytes: Buffer): void {
    if (this.#head === undefined) {
      this.#frames.read(bytes);
      return;
    }
    const before = this.#head.length;
    this.#head += bytes.toString('latin1');
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#head.slice(0, end);
    this.#head = undefined;
    this.#onResponse(head);
    if (isUpgrade(head)) this.#frames.read(bytes.subarray(end + 4 - before));
  }
}

export const isUpgrade = (head: string): boolean => head.startsWith('HTTP/1.1 101');

/** A frame as it came over the wire, its payload not decompressed. */
interface ServerFrame {
  readonly opcode: number;
  readonly compressed: boolean;
  readonly payload: Buffer;
}

/** A client that says and does whatever the test wants, and keeps what it received. */
export class RawWebSocket extends BareWebSocket {
  readonly received: ServerFrame[] = [];
  /** Whether the server has ended its side. */
  ended = false;
  /** The head of the response; undefined while it has not come. */
  response: string | undefined;

  constructor(port: number, options: Pick<RawWebSocketOptions, 'target' | 'extensions'>) {
    super(port, {
      ...options,
      allowHalfOpen: true,
      onResponse: (head) => {
        this.response = head;
      },
      onFrame: (opcode, bytes, start, end, compressed) =>
        void this.received.push({ opcode, compressed, payload: Buffer.from(bytes.subarray(start, end)) }),
    });
    for (const event of ['end', 'close']) {
      this.socket.on(event, () => {
        this.ended = true;
      });
    }
  }

  /** `Sec-WebSocket-Extensions` of the response; empty where there is none. */
  get extensions(): string {
    return /^Sec-WebSocket-Extensions: (.*)$/im.exec(this.response ?? '')?.[1] ?? '';
  }

  /** Of the close frame; undefined while none came. */
  get closeCode(): number | undefined {
    const payload = this.received.find(({ opcode }) => opcode === closeOpcode)?.payload;
    return payload === undefined || payload.length < 2 ? undefined : payload.readUInt16BE(0);
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** Ends this side. */
  end(): void {
    this.socket.end();
  }
}

export async function openRawWebSocket(
  port: number,
  options: Pick<RawWebSocketOptions, 'target' | 'extensions'> = {},
): Promise<RawWebSocket> {
  const client = new RawWebSocket(port, options);
  const response = await waitFor('the handshake', () => client.response);
  if (!isUpgrade(response)) throw new Error(`no upgrade: ${response}`);
  return client;
}

/**
 * A message as compressing clients send it: the end of a sync flush is left out (RFC 7692 §7.2.1).
 * @param dictionary what the window ends with
 */
export function compressed(text: string | Buffer, dictionary?: Buffer): Buffer {
  const options = { level: constants.Z_BEST_COMPRESSION, finishFlush: constants.Z_SYNC_FLUSH };
  return deflateRawSync(text, dictionary === undefined ? options : { ...options, dictionary }).subarray(
    0,
    -4,
  );
}

/** A frame as clients must send them (RFC 6455 §5.3). */
export function maskedFrame(first: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head.writeUInt8(first, 0);
  head.writeUInt8(0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127), 1);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  const masked = payload.map((byte, index) => byte ^ mask.readUInt8(index % 4));
  return Buffer.concat([head, mask, masked]);
}

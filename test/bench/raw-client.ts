import { connect, type Socket } from 'node:net';
import { handshake } from '../support/raw-socket.ts';
import { FrameReader } from './frame-reader.ts';

export interface RawClientEvents {
  /** A text message: `bytes` from `start` to `end`, valid during the call only. */
  onPacket(bytes: Buffer, start: number, end: number): void;
  onPong?(): void;
  /** @param code of the close frame; 1006 where there was none. */
  onEnd(code: number): void;
}

const text = 0x1;
const close = 0x8;
const ping = 0x9;
const pong = 0xa;
const masked = 0x80;
const final = 0x80;

/** Every client reads into this: what was read is dealt with before anything else is. */
const inbox = Buffer.alloc(256 * 1024);

/** A WebSocket client that does as little as the protocol allows, so that a thousand of them weigh little. */
export class RawClient {
  readonly #socket: Socket;
  readonly #events: RawClientEvents;
  readonly #frames = new FrameReader((opcode, bytes, start, end) => this.#onFrame(opcode, bytes, start, end));
  #head: string | undefined = '';
  #closeCode = 1006;

  /** @param target of the request. Default `/`. */
  constructor(port: number, events: RawClientEvents, target = '/') {
    this.#events = events;
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: inbox,
        callback: (length) => {
          this.#onBytes(inbox.subarray(0, length));
          return true;
        },
      },
    });
    this.#socket.write(handshake(target));
    // What failed is told by the close code.
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => events.onEnd(this.#closeCode));
  }

  /** Stops reading: from here on the kernel's buffers fill, and then the server's. */
  stall(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Sends a text message of at most 125 bytes. */
  send(message: string): void {
    this.#write(text, Buffer.from(message));
  }

  ping(): void {
    this.#write(ping, Buffer.alloc(0));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #onBytes(bytes: Buffer): void {
    if (this.#head === undefined) {
      this.#frames.read(bytes);
      return;
    }
    const before = this.#head.length;
    this.#head += bytes.toString('latin1');
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return;
    if (!this.#head.startsWith('HTTP/1.1 101')) throw new Error(`no upgrade: ${this.#head.slice(0, 200)}`);
    this.#head = undefined;
    this.#frames.read(bytes.subarray(end + 4 - before));
  }

  #onFrame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === text) this.#events.onPacket(bytes, start, end);
    else if (opcode === ping) this.#write(pong, bytes.subarray(start, end));
    else if (opcode === pong) this.#events.onPong?.();
    else if (opcode === close) {
      if (end - start >= 2) this.#closeCode = bytes.readUInt16BE(start);
      this.#write(close, bytes.subarray(start, start + 2));
      this.#socket.end();
    }
  }

  /** A client's frames are masked; with a mask of zeros the payload stays as it is. */
  #write(opcode: number, payload: Buffer): void {
    if (payload.length > 125) throw new RangeError(`a payload of ${payload.length} bytes is too long here`);
    this.#socket.write(
      Buffer.concat([Buffer.from([final | opcode, masked | payload.length, 0, 0, 0, 0]), payload]),
    );
  }
}

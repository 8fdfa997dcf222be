import { BareWebSocket, isUpgrade } from '../support/raw-web-socket.ts';

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
const final = 0x80;

/** A WebSocket client that does as little as the protocol allows, so that a thousand of them weigh little. */
export class RawClient extends BareWebSocket {
  readonly #events: RawClientEvents;
  #closeCode = 1006;

  /** @param target of the request. Default `/`. */
  constructor(port: number, events: RawClientEvents, target = '/') {
    super(port, {
      target,
      onFrame: (opcode, bytes, start, end) => this.#onFrame(opcode, bytes, start, end),
      onResponse(head) {
        if (!isUpgrade(head)) throw new Error(`no upgrade: ${head.slice(0, 200)}`);
      },
    });
    this.#events = events;
    this.socket.on('close', () => events.onEnd(this.#closeCode));
  }

  /** Stops reading: from here on the kernel's buffers fill, and then the server's. */
  stall(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  send(message: string): void {
    this.frame(final | text, message);
  }

  ping(): void {
    this.frame(final | ping);
  }

  #onFrame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === text) this.#events.onPacket(bytes, start, end);
    else if (opcode === ping) this.frame(final | pong, bytes.subarray(start, end));
    else if (opcode === pong) this.#events.onPong?.();
    else if (opcode === close) {
      if (end - start >= 2) this.#closeCode = bytes.readUInt16BE(start);
      this.frame(final | close, bytes.subarray(start, Math.min(start + 2, end)));
      this.socket.end();
    }
  }
}

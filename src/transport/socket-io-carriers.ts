import type { Transport as EngineTransport } from 'engine.io';
import { WebSocket } from 'ws';
import type { TransportFault } from '../deliver/transport.ts';
import { faultOf } from './connection.ts';
import { SendWindow } from './send-window.ts';

/** What an engine.io connection is carried by at present: HTTP long-polling, or a WebSocket from its upgrade on. */
export interface Carrier {
  /** Nothing that was sent waits in this process. */
  readonly isClear: boolean;
  /** It is clear, and the client reads. */
  readonly takesUpdates: boolean;
  /** What went wrong with it. */
  readonly fault: TransportFault | undefined;
  /** With which it was closed, where it has codes (RFC 6455 §7.1.5). */
  readonly closeCode: number | undefined;
  /** Pending while nothing is to be read from the client; undefined: it is read. */
  readonly paused: Promise<void> | undefined;
  /** An update of so many bytes was sent. */
  sent(bytes: number): void;
  pause(): void;
  resume(): void;
  terminate(): void;
  /** Another one takes its place, or the connection has ended. */
  release(): void;
}

export interface CarrierListener {
  /** It may be clear again, or take updates. */
  onReady(): void;
  /** A sign of life. */
  onHeard(): void;
  /** The client pings of its own accord. False: let it go unanswered. */
  onPing(): boolean;
}

export function carrierOf(transport: EngineTransport, listener: CarrierListener): Carrier {
  const socket = webSocketOf(transport);
  return socket === undefined
    ? new PollingCarrier(transport, listener)
    : new WebSocketCarrier(transport, socket, listener);
}

/** The `ws` client of an engine.io transport; undefined: it is no WebSocket. */
export function webSocketOf(transport: EngineTransport): WebSocket | undefined {
  const socket: unknown = Reflect.get(transport, 'socket');
  return socket instanceof WebSocket ? socket : undefined;
}

/** It is clear while a poll of the client waits for something to answer: one message for each, and none unread. */
class PollingCarrier implements Carrier {
  readonly #transport: EngineTransport;
  readonly #onReady: () => void;
  #paused: Promise<void> | undefined;
  #endPause = (): void => {};

  constructor(transport: EngineTransport, listener: CarrierListener) {
    this.#transport = transport;
    this.#onReady = () => listener.onReady();
    transport.on('ready', this.#onReady);
  }

  get isClear(): boolean {
    return this.#transport.writable;
  }

  get takesUpdates(): boolean {
    return this.isClear;
  }

  get fault(): undefined {
    return undefined;
  }

  get closeCode(): undefined {
    return undefined;
  }

  get paused(): Promise<void> | undefined {
    return this.#paused;
  }

  sent(): void {}

  pause(): void {
    this.#paused ??= new Promise((resolve) => {
      this.#endPause = resolve;
    });
  }

  resume(): void {
    this.#endPause();
    this.#paused = undefined;
  }

  terminate(): void {}

  release(): void {
    this.resume();
    this.#transport.off('ready', this.#onReady);
  }
}

/** It is clear while the kernel has taken everything, and takes updates while the client answers pings. */
class WebSocketCarrier implements Carrier {
  readonly #transport: EngineTransport;
  readonly #socket: WebSocket;
  readonly #window = new SendWindow();
  readonly #onReady: () => void;
  fault: TransportFault | undefined;
  closeCode: number | undefined;

  constructor(transport: EngineTransport, socket: WebSocket, listener: CarrierListener) {
    this.#transport = transport;
    this.#socket = socket;
    this.#onReady = () => listener.onReady();
    transport.on('ready', this.#onReady);
    socket.on('ping', (payload) => {
      // A client that reads no pongs is sent no more of them.
      if (listener.onPing() && this.isClear) socket.pong(payload, undefined, this.#onReady);
    });
    socket.on('pong', () => {
      listener.onHeard();
      this.#window.answered();
      this.#probe();
      this.#onReady();
    });
    // Before engine.io, which ends the connection at either and says no more than that.
    socket.prependListener('error', (error) => {
      this.fault = faultOf(error);
    });
    socket.prependListener('close', (code) => {
      this.closeCode = code;
    });
  }

  get isClear(): boolean {
    return this.#socket.bufferedAmount === 0;
  }

  get takesUpdates(): boolean {
    return this.isClear && this.#window.isOpen;
  }

  get paused(): undefined {
    return undefined;
  }

  sent(bytes: number): void {
    this.#window.sent(bytes);
    this.#probe();
  }

  /** A ping may be all that waits, of which engine.io would not tell. */
  #probe(): void {
    if (this.#window.takeProbe()) this.#socket.ping(undefined, undefined, this.#onReady);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  release(): void {
    this.#transport.off('ready', this.#onReady);
  }
}

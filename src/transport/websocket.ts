import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { Clock } from '../core/clock.ts';
import type { Close } from '../deliver/closes.ts';
import type { Transport, TransportEvents } from '../deliver/transport.ts';
import type { Message } from '../encode/message.ts';
import type { ConnectionListener, WebSocketConnection } from './connection.ts';
import {
  type DirectHandle,
  directHandleOf,
  type FlushListener,
  writeDirectly,
  writeToStream,
} from './direct-write.ts';
import { type Frame, pingFrame, pongFrame } from './frame.ts';
import { type CompressionWindow, framesOf } from './frames.ts';
import { drawProbeAfter, windowBytes } from './send-window.ts';

export interface WebSocketOptions {
  readonly clock: Clock;
  /** Whether to write past the stream where this Node lets us. Default true. */
  readonly directWrites?: boolean;
  /** 0 ≤ n < 1. Default Math.random. */
  readonly random?: () => number;
}

/** One WebSocket. Frames of updates are shared, and written to the socket as they are. */
export class WebSocketTransport implements Transport, FlushListener, ConnectionListener {
  // All that a fan-out reads lies at the start of the object, in one cache line.
  /** Bytes of updates sent since the last answered ping. */
  #unanswered = 0;
  /** Unanswered bytes at which more has to be checked before an update is sent; 0 while none can be. */
  #limit: number;
  readonly #handle: DirectHandle | undefined;
  readonly #window: CompressionWindow | undefined;

  readonly #client: WebSocketConnection;
  readonly #socket: Duplex;
  readonly #options: WebSocketOptions;
  #events: TransportEvents | undefined;
  heardAt: number;
  roundTripMs: number | undefined;
  /** Bytes that the ping under way acknowledges; −1: there is none. */
  #probed = -1;
  /** When that ping was sent. */
  #probedAt = 0;
  /** Unanswered bytes at which the next ping is sent. */
  #probeAfter: number;
  /** A write waits in this process; `onFlushed` is called when it has left. */
  #waiting = false;
  /** An offer was refused: the session is to be told when it may try again. */
  #refused = false;
  #unansweredPing: Buffer | undefined;

  /** @param window the terms of compression. Undefined: none was agreed. */
  constructor(
    client: WebSocketConnection,
    socket: Duplex,
    window: CompressionWindow | undefined,
    options: WebSocketOptions,
  ) {
    this.#handle = options.directWrites !== false ? directHandleOf(socket) : undefined;
    this.#window = window;
    this.#client = client;
    this.#socket = socket;
    this.#options = options;
    this.heardAt = this.#now();
    this.#probeAfter = this.#drawProbeAfter();
    this.#limit = this.#probeAfter;
  }

  get kind(): 'websocket' {
    return 'websocket';
  }

  /** Whole ms, which V8 keeps without a heap object. */
  #now(): number {
    return Math.trunc(this.#options.clock.monotonic());
  }

  get open(): boolean {
    return this.#client.readyState === WebSocket.OPEN;
  }

  start(events: TransportEvents): void {
    this.#events = events;
    this.#client.listener = this;
  }

  onMessage(data: Buffer, isBinary: boolean): void {
    this.heardAt = this.#now();
    this.#events?.onMessage(data, isBinary);
  }

  onClosing(): void {
    this.#limit = 0;
  }

  onClosed(code: number): void {
    this.#limit = 0;
    // `ws` does not report errors of the socket.
    if (this.#socket.errored !== null) this.#client.fault ??= 'socket';
    this.#events?.onEnd({ code, fault: this.#client.fault });
  }

  canTake(): boolean {
    return this.#unanswered < this.#limit || this.#hasRoom(1);
  }

  offer(message: Message): number {
    const frames = framesOf(message);
    const { length } = frames;
    const atLimit = this.#unanswered + length >= this.#limit;
    if (atLimit && !this.#hasRoom(length)) return 0;
    const frame = this.#window === undefined ? frames.plain : this.#window.take(frames);
    this.#unanswered += length;
    this.#writeNow(frame);
    if (atLimit) this.probe();
    return frame.length;
  }

  /** Whether an update of so many bytes may be sent although the limit is reached. */
  #hasRoom(length: number): boolean {
    if (!this.open) return false;
    const mayTake = !this.#refused && !this.#waiting;
    if (mayTake && (this.#unanswered === 0 || this.#unanswered + length <= windowBytes)) return true;
    this.#refuse();
    // Only the answer to a ping opens the window again.
    if (!this.#waiting) this.probe();
    return false;
  }

  /** Nothing is sent before the session was told of a drain, even a smaller update that would fit. */
  #refuse(): void {
    this.#refused = true;
    this.#limit = 0;
  }

  answer(message: Message): number {
    if (!this.open) return 0;
    if (this.#waiting) {
      this.#refuse();
      return 0;
    }
    const { plain } = framesOf(message);
    this.#write(plain);
    return plain.length;
  }

  probe(): void {
    if (this.#probed >= 0 || !this.open) return;
    this.#write(pingFrame);
    this.#probed = this.#unanswered;
    this.#probedAt = this.#options.clock.monotonic();
    this.#setLimit();
  }

  pause(): void {
    this.#client.pause();
  }

  resume(): void {
    this.#client.resume();
  }

  close({ code, reason }: Close): void {
    this.#client.close(code, reason);
  }

  terminate(): void {
    this.#limit = 0;
    this.#client.terminate();
  }

  onFlushed(ok: boolean): void {
    this.#waiting = false;
    this.#setLimit();
    if (!ok) this.#failed();
    if (!this.open) return;
    if (this.#unansweredPing !== undefined) this.#pong(this.#unansweredPing);
    this.#drained();
  }

  /** Writes an answer or a control frame, behind what waits. */
  #write(frame: Frame): void {
    if (this.#waiting) this.#socket.write(frame);
    else this.#writeNow(frame);
  }

  /** Writes a frame while nothing waits. */
  #writeNow(frame: Frame): void {
    const handle = this.#handle;
    // The socket is not touched where there is a handle: it lies in another cache line.
    const outcome =
      handle === undefined ? writeToStream(this.#socket, frame, this) : writeDirectly(handle, frame, this);
    if (outcome === 'pending') {
      this.#waiting = true;
      this.#limit = 0;
    } else if (outcome === 'failed') this.#failed();
  }

  #failed(): void {
    this.#client.fault ??= 'socket';
    this.terminate();
  }

  #setLimit(): void {
    if (this.#waiting || this.#refused || !this.open) this.#limit = 0;
    else this.#limit = this.#probed < 0 ? this.#probeAfter : windowBytes;
  }

  onPong(): void {
    const now = this.#options.clock.monotonic();
    this.heardAt = Math.trunc(now);
    if (this.#probed < 0) {
      this.#events?.onControl();
      return;
    }
    this.roundTripMs = now - this.#probedAt;
    this.#unanswered -= this.#probed;
    this.#probed = -1;
    this.#probeAfter = this.#drawProbeAfter();
    this.#setLimit();
    this.#drained();
  }

  #drawProbeAfter(): number {
    return drawProbeAfter(this.#options.random ?? Math.random);
  }

  #drained(): void {
    if (!this.#refused || this.#waiting) return;
    this.#refused = false;
    this.#setLimit();
    this.#events?.onDrain();
  }

  /** Only the last of several pings need be answered (RFC 6455 §5.5.3): one waits at most. */
  onPing(payload: Buffer): void {
    this.heardAt = this.#now();
    if (this.#events?.onControl() !== true) return;
    if (this.#waiting) this.#unansweredPing = payload;
    else this.#pong(payload);
  }

  #pong(payload: Buffer): void {
    this.#unansweredPing = undefined;
    if (this.open) this.#write(pongFrame(payload));
  }
}

import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { Clock } from '../core/clock.ts';
import type { Close } from '../deliver/closes.ts';
import type { Transport, TransportEvents } from '../deliver/transport.ts';
import type { Message } from '../encode/message.ts';
import type { Connection, ConnectionListener } from './connection.ts';
import {
  type DirectHandle,
  directHandleOf,
  type FlushListener,
  writeDirectly,
  writeToStream,
} from './direct-write.ts';
import { type Frame, pingFrame, pongFrame } from './frame.ts';
import { type CompressionWindow, framesOf } from './frames.ts';

export interface WebSocketOptions {
  readonly clock: Clock;
  /** Whether to write past the stream where this Node lets us. Default true. */
  readonly directWrites?: boolean;
  /** 0 ≤ n < 1. Default Math.random. */
  readonly random?: () => number;
}

/**
 * Data sent since the last answered ping after which the next ping follows it: at most so much, and for each
 * client somewhat less by chance. Otherwise clients that came together would all be pinged in the same sweep,
 * and that one would take twice as long.
 */
const probeAfterBytes = 256 * 1024;
const probeSpread = 0.5;
/**
 * Data sent since the last answered ping at which the client counts as not writable. Without it the kernel's
 * buffers, on both sides, would take minutes of packets for a client that reads none of them. It is measured
 * before compression: what matters is how many packets a client is behind.
 */
const windowBytes = 512 * 1024;

/** One WebSocket. Updates are frames made elsewhere, written to the socket as they are. */
export class WebSocketTransport implements Transport, FlushListener, ConnectionListener {
  // These are all that a fan-out reads: together at the start of the object, in one line of the cache.
  /** Bytes of updates sent since the last answered ping. */
  #unanswered = 0;
  /** Bytes at which there is something to be looked at before more is sent; 0 while nothing can be. */
  #limit: number;
  readonly #handle: DirectHandle | undefined;
  readonly #window: CompressionWindow | undefined;

  readonly #client: Connection;
  readonly #socket: Duplex;
  readonly #options: WebSocketOptions;
  #events: TransportEvents | undefined;
  heardAt: number;
  roundTripMs: number | undefined;
  /** Bytes that the ping will answer which is not answered yet; −1: none is out. */
  #probed = -1;
  /** When that ping was sent. */
  #probedAt = 0;
  /** Bytes after the last answered ping at which the next one follows. */
  #probeAfter: number;
  /** Something written here waits in this process; `onFlushed` is called when it has left. */
  #waiting = false;
  /** An offer was refused: the session is to be told when it may try again. */
  #refused = false;
  #unansweredPing: Buffer | undefined;

  /** @param window the terms of compression. Undefined: none was agreed. */
  constructor(
    client: Connection,
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

  /** Whole ms, which take no memory of their own. */
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
    // `ws` keeps what befalls the socket to itself.
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

  /** Whether an update of so many bytes may be sent all the same, with the limit reached. */
  #hasRoom(length: number): boolean {
    if (!this.open) return false;
    const mayTake = !this.#refused && !this.#waiting;
    if (mayTake && (this.#unanswered === 0 || this.#unanswered + length <= windowBytes)) return true;
    this.#refuse();
    // The window only opens again by an answer, so there must be a question.
    if (!this.#waiting) this.probe();
    return false;
  }

  /** A smaller update may still fit: it is not sent before those who were refused are told. */
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

  /** Writes an answer or a control frame, which may also follow what waits. */
  #write(frame: Frame): void {
    if (this.#waiting) this.#socket.write(frame);
    else this.#writeNow(frame);
  }

  /** Writes a frame while nothing waits. */
  #writeNow(frame: Frame): void {
    const handle = this.#handle;
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
    const { random = Math.random } = this.#options;
    return Math.ceil(probeAfterBytes * (1 - probeSpread * random()));
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

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../core/clock.ts';
import type { CloseCause } from '../core/errors.ts';
import type { Transport, TransportEvents, TransportFault } from '../deliver/transport.ts';
import { type Frame, pingFrame, pongFrame } from '../encode/frame.ts';
import { createDirectWriter, type DirectWriter } from './direct-write.ts';

export interface WebSocketOptions {
  /** Largest message taken from a client, in bytes; more closes with 1009. */
  readonly maxMessageBytes: number;
  /** The dialect's close code for each cause; undefined: no close frame, the connection just ends. */
  readonly closeCodes: Readonly<Record<CloseCause, number | undefined>>;
  readonly clock: Clock;
  /** Whether to write past the stream where this Node lets us. Default true. */
  readonly directWrites?: boolean;
  /** 0 ≤ n < 1. Default Math.random. */
  readonly random?: () => number;
}

/** Completes an upgrade that was let in. */
export type AcceptWebSocket = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  onTransport: (transport: Transport) => void,
) => void;

/** How long a client may take to answer a close frame before the socket is destroyed. */
const closeTimeoutMs = 5000;
/**
 * Data sent since the last answered ping after which the next ping follows it: at most so much, and for each
 * client somewhat less by chance. Otherwise clients that came together would all be pinged in the same sweep,
 * and that one would take twice as long.
 */
const probeAfterBytes = 256 * 1024;
const probeSpread = 0.5;
/**
 * Data sent since the last answered ping at which the client counts as not writable. Without it the kernel's
 * buffers, on both sides, would take minutes of packets for a client that reads none of them.
 */
const windowBytes = 512 * 1024;
const open = 1;
const nothing = Buffer.alloc(0);

export function createWebSocketAcceptor(options: WebSocketOptions): AcceptWebSocket {
  const settings = {
    noServer: true,
    clientTracking: false,
    // Answered by the transport itself, which knows whether there is room for a pong.
    autoPong: false,
    perMessageDeflate: false,
    maxPayload: options.maxMessageBytes,
    closeTimeout: closeTimeoutMs,
    // A protocol may be offered that this endpoint only uses to carry a token.
    handleProtocols: (offered: Set<string>) => (offered.has('token') ? 'token' : false),
  } as const;
  const server = new WebSocketServer(settings);
  return (request, socket, head, onTransport) => {
    server.handleUpgrade(request, socket, head, (client) =>
      onTransport(new WebSocketTransport(client, socket, options)),
    );
  };
}

/** One WebSocket. Updates are frames made elsewhere, written to the socket as they are. */
class WebSocketTransport implements Transport {
  readonly #client: WebSocket;
  readonly #socket: Duplex;
  readonly #direct: DirectWriter | undefined;
  readonly #closeCodes: WebSocketOptions['closeCodes'];
  readonly #clock: Clock;
  readonly #random: () => number;
  #events: TransportEvents | undefined;
  #heardAt: number;
  #fault: TransportFault | undefined;
  /** Bytes sent; sent when the last answered ping was; sent when the ping not answered yet was (−1: none is out). */
  #sent = 0;
  #answered = 0;
  #probed = -1;
  /** Bytes after the last answered ping at which the next one follows. */
  #probeAfter: number;
  /** Something written here waits in this process; `#onFlushed` is called when it has left. */
  #waiting = false;
  /** An offer was refused: the session is to be told when it may try again. */
  #refused = false;
  #unansweredPing: Buffer | undefined;

  constructor(client: WebSocket, socket: Duplex, options: WebSocketOptions) {
    const { closeCodes, clock, directWrites = true, random = Math.random } = options;
    this.#client = client;
    this.#socket = socket;
    this.#direct = directWrites ? createDirectWriter(socket) : undefined;
    this.#closeCodes = closeCodes;
    this.#clock = clock;
    this.#heardAt = clock.monotonic();
    this.#random = random;
    this.#probeAfter = this.#drawProbeAfter();
  }

  get open(): boolean {
    return this.#client.readyState === open;
  }

  get heardAt(): number {
    return this.#heardAt;
  }

  start(events: TransportEvents): void {
    this.#events = events;
    const client = this.#client;
    client.on('message', (data, isBinary) => {
      this.#heardAt = this.#clock.monotonic();
      if (Buffer.isBuffer(data)) events.onMessage(data, isBinary);
    });
    client.on('pong', () => this.#onPong());
    client.on('ping', (payload) => this.#onPing(payload));
    client.on('error', (error) => {
      this.#fault = faultOf(error);
    });
    client.on('close', (code) =>
      events.onEnd({ code, ...(this.#fault === undefined ? {} : { fault: this.#fault }) }),
    );
  }

  offer(frame: Frame): boolean {
    if (this.#client.readyState !== open) return false;
    const unanswered = this.#sent - this.#answered;
    if (this.#waiting || (unanswered > 0 && unanswered + frame.length > windowBytes)) {
      this.#refused = true;
      // The window only opens again by an answer, so there must be a question.
      if (!this.#waiting) this.probe();
      return false;
    }
    this.#write(frame);
    if (unanswered + frame.length >= this.#probeAfter) this.probe();
    return true;
  }

  answer(frame: Frame): boolean {
    if (this.#client.readyState !== open) return false;
    if (this.#waiting) {
      this.#refused = true;
      return false;
    }
    this.#write(frame);
    return true;
  }

  probe(): void {
    if (this.#probed >= 0 || this.#client.readyState !== open) return;
    this.#probed = this.#sent;
    this.#write(pingFrame);
  }

  pause(): void {
    this.#client.pause();
  }

  resume(): void {
    this.#client.resume();
  }

  close(cause: CloseCause): void {
    const code = this.#closeCodes[cause];
    if (code === undefined) this.#client.terminate();
    else this.#client.close(code, cause);
  }

  terminate(): void {
    this.#client.terminate();
  }

  /** Writes a frame while nothing waits; control frames may also follow what does. */
  #write(frame: Frame): void {
    this.#sent += frame.length;
    if (this.#direct === undefined || this.#waiting) {
      this.#writeToStream(frame);
      return;
    }
    const outcome = this.#direct.write(frame, this.#onFlushed);
    if (outcome === 'pending') this.#waiting = true;
    else if (outcome === 'failed') this.#client.terminate();
  }

  #writeToStream(frame: Frame): void {
    this.#socket.write(frame);
    if (this.#waiting || this.#socket.writableLength === 0) return;
    this.#waiting = true;
    // 'drain' is only emitted above the high-water mark; an empty write is called back whenever all has left.
    this.#socket.write(nothing, (error) => this.#onFlushed(error === null || error === undefined));
  }

  readonly #onFlushed = (ok: boolean): void => {
    this.#waiting = false;
    if (!ok || !this.open) return;
    if (this.#unansweredPing !== undefined) this.#onPing(this.#unansweredPing);
    this.#drained();
  };

  #onPong(): void {
    this.#heardAt = this.#clock.monotonic();
    if (this.#probed < 0) return;
    this.#answered = this.#probed;
    this.#probed = -1;
    this.#probeAfter = this.#drawProbeAfter();
    this.#drained();
  }

  #drawProbeAfter(): number {
    return Math.ceil(probeAfterBytes * (1 - probeSpread * this.#random()));
  }

  #drained(): void {
    if (!this.#refused || this.#waiting) return;
    this.#refused = false;
    this.#events?.onDrain();
  }

  /** Only the last of several pings need be answered (RFC 6455 §5.5.3): one waits at most. */
  #onPing(payload: Buffer): void {
    this.#heardAt = this.#clock.monotonic();
    if (this.#waiting) {
      this.#unansweredPing = payload;
      return;
    }
    this.#unansweredPing = undefined;
    if (this.open) this.#write(pongFrame(payload));
  }
}

function faultOf(error: Error): TransportFault {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return 'oversize';
  return code.startsWith('WS_ERR') ? 'protocol' : 'socket';
}

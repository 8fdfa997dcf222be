import type { Socket as EngineSocket, Transport as EngineTransport } from 'engine.io';
import type { Clock } from '../core/clock.ts';
import type { TransportEnd } from '../deliver/transport.ts';
import { type Carrier, type CarrierListener, carrierOf, webSocketOf } from './socket-io-carriers.ts';

/** A packet of engine.io, as it came from the client. */
export interface EnginePacket {
  type: string;
  readonly data?: unknown;
}

/** What is written for a message: the text of its Socket.IO packet, and the whole WebSocket frame around it. */
export interface EngineForm {
  readonly text: string;
  readonly options: { readonly compress: false; readonly wsPreEncodedFrame: readonly Buffer[] };
  /** Bytes of the frame. */
  readonly length: number;
}

export interface EngineListener {
  onReady(): void;
  /** The client sends a control packet of its own accord. False: it sends too many. */
  onControl(): boolean;
  /** A message of the client. False: socket.io is not to see it. */
  onMessage(data: unknown): boolean;
  onEnd(end: TransportEnd): void;
}

/** For ends that have no close code of their own: a normal end, a broken rule and a broken connection (RFC 6455 §7.4.1). */
const codes = { normal: 1000, protocol: 1002, abnormal: 1006, oversize: 1009 } as const;

/** One connection of engine.io, whatever carries it: how it is written to, heard from and ended. */
export class EngineConnection implements CarrierListener {
  readonly #conn: EngineSocket;
  readonly #clock: Clock;
  #carrier: Carrier;
  #listener: EngineListener | undefined;
  #heardAt: number;
  #roundTripMs: number | undefined;
  /** When engine.io's ping was sent that is not answered yet. */
  #pingedAt: number | undefined;
  /** Ends with the next poll of the client. */
  #isLeaving = false;
  /** The client broke a rule of ours. */
  #isBroken = false;

  constructor(conn: EngineSocket, clock: Clock) {
    this.#conn = conn;
    this.#clock = clock;
    this.#heardAt = this.#now();
    this.#carrier = carrierOf(conn.transport, this);
    conn.on('upgrade', (transport: EngineTransport) => {
      this.#carrier.release();
      this.#carrier = carrierOf(transport, this);
      this.onReady();
    });
    conn.on('packetCreate', ({ type }: EnginePacket) => {
      if (type === 'ping') this.#pingedAt = this.#clock.monotonic();
    });
    conn.on('packet', (packet: EnginePacket) => {
      this.#heardAt = this.#now();
      // engine.io looks at the type after this: it does nothing at a noop.
      if (!this.#passes(packet)) packet.type = 'noop';
    });
    conn.on('close', (reason: string) => {
      this.#carrier.release();
      this.#listener?.onEnd(this.#endOf(reason));
    });
  }

  listen(listener: EngineListener): void {
    this.#listener = listener;
  }

  #now(): number {
    return Math.trunc(this.#clock.monotonic());
  }

  get isOpen(): boolean {
    return this.#conn.readyState === 'open' && !this.#isLeaving;
  }

  get heardAt(): number {
    return this.#heardAt;
  }

  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** Whether all that was sent has left this process. */
  get isClear(): boolean {
    return this.isOpen && this.#carrier.isClear;
  }

  /** Whether the client reads, too. */
  get takesUpdates(): boolean {
    return this.isOpen && this.#carrier.takesUpdates;
  }

  /** Pending while the client's messages are not to be read; undefined: they are, or the carrier sees to it. */
  get paused(): Promise<void> | undefined {
    return this.#carrier.paused;
  }

  write({ text, options }: EngineForm): void {
    this.#conn.write(text, options);
  }

  /** An update of so many bytes was written: the client may be asked whether it reads. */
  wroteUpdate(bytes: number): void {
    this.#carrier.sent(bytes);
  }

  pause(): void {
    this.#carrier.pause();
  }

  resume(): void {
    this.#carrier.resume();
  }

  onReady(): void {
    if (this.#isLeaving) this.close();
    this.#listener?.onReady();
  }

  onHeard(): void {
    this.#heardAt = this.#now();
  }

  onPing(): boolean {
    this.onHeard();
    return this.#listener?.onControl() ?? true;
  }

  #passes({ type, data }: EnginePacket): boolean {
    if (type === 'message') return this.#listener?.onMessage(data) ?? true;
    // These end the connection.
    if (type === 'close' || type === 'error' || type === 'ping') return true;
    if (type !== 'pong' || this.#pingedAt === undefined) return this.#listener?.onControl() ?? true;
    this.#roundTripMs = this.#clock.monotonic() - this.#pingedAt;
    this.#pingedAt = undefined;
    return true;
  }

  /** Ends it behind what was written: with the next poll, where it is carried by polling. */
  close(): void {
    // Without a poll to answer, engine.io would keep it for half a minute, and could not end it any more.
    this.#isLeaving = !this.#carrier.isClear && webSocketOf(this.#conn.transport) === undefined;
    if (!this.#isLeaving) this.#conn.close();
  }

  terminate(): void {
    this.#conn.close(true);
    this.#carrier.terminate();
  }

  /** Ends it at once, as the client broke the protocol. */
  break(): void {
    this.#isBroken = true;
    this.terminate();
  }

  /** @param reason engine.io's */
  #endOf(reason: string): TransportEnd {
    const { fault, closeCode = codes.normal } = this.#carrier;
    if (fault === 'oversize') return { code: codes.oversize, fault };
    if (fault === 'protocol' || this.#isBroken || reason === 'parse error')
      return { code: codes.protocol, fault: 'protocol' };
    const isAbnormal = fault === 'socket' || reason === 'transport error' || reason === 'ping timeout';
    return { code: isAbnormal ? codes.abnormal : closeCode, fault };
  }
}

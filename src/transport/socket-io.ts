import type { Socket } from 'socket.io';
import type { Cancel, Clock } from '../core/clock.ts';
import type { Close } from '../deliver/closes.ts';
import type { Transport, TransportEnd, TransportEvents } from '../deliver/transport.ts';
import { createForm, type Message } from '../encode/message.ts';
import type { EngineConnection, EngineForm, EngineListener } from './engine-connection.ts';
import { messageFrame } from './frame.ts';
import { closeTimeoutMs } from './websocket-server.ts';

/**
 * An event without binary parts in the main namespace (socket.io-protocol v5), and what it holds: a JSON array of its
 * name and arguments. An acknowledgement that is asked for is not given.
 */
const eventText = /^2(?:\/,)?\d*(.*)$/s;
/** Asks to join a namespace other than the main one. */
const joinsAnother = /^0\/[^,]/;
/**
 * What a client may send before it has joined: to be let in, what it learns of namespaces that are not there, and signs
 * of life.
 */
const mostBefore = 10;

/**
 * A message as a Socket.IO event (socket.io-protocol v5) in an engine.io packet: its name is the type, its argument the
 * payload, which must be JSON.
 */
const formOf = createForm(({ type, payload }): EngineForm => {
  const packet = Buffer.concat([Buffer.from(`42[${JSON.stringify(type)},`), payload, Buffer.from(']')]);
  const frame = messageFrame(packet, { isBinary: false });
  return {
    text: packet.toString('utf8', 1),
    options: { compress: false, wsPreEncodedFrame: [frame] },
    length: frame.length,
  };
});

/**
 * A Socket.IO client. Pings are engine.io's. Events of the client come as text: a JSON array of their name and
 * arguments, of which socket.io itself sees nothing.
 */
export class SocketIoTransport implements Transport, EngineListener {
  readonly #connection: EngineConnection;
  readonly #clock: Clock;
  /** Undefined before it has joined. */
  #socket: Socket | undefined;
  /** Undefined before `start`. */
  #events: TransportEvents | undefined;
  #saidBefore = 0;
  /** It has asked to join, which it may once. */
  #hasAsked = false;
  /** An offer or an answer was refused: the session is to be told when it may try again. */
  #refused: 'update' | 'answer' | undefined;
  #closedAs: Close | undefined;
  #cancelTerminate: Cancel | undefined;
  #hasEnded = false;

  constructor(connection: EngineConnection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
    connection.listen(this);
  }

  get kind(): 'socket.io' {
    return 'socket.io';
  }

  get open(): boolean {
    return this.#connection.isOpen && this.#closedAs === undefined;
  }

  get heardAt(): number {
    return this.#connection.heardAt;
  }

  get roundTripMs(): number | undefined {
    return this.#connection.roundTripMs;
  }

  get hasJoined(): boolean {
    return this.#socket !== undefined;
  }

  /** The client has joined the namespace. */
  joined(socket: Socket): void {
    this.#socket = socket;
    // Whoever left it: nothing else is on the connection.
    socket.on('disconnect', () => this.leave());
  }

  start(events: TransportEvents): void {
    this.#events = events;
  }

  canTake(): boolean {
    if (this.#refused === undefined && this.open && this.#connection.takesUpdates) return true;
    this.#refused ??= 'update';
    return false;
  }

  offer(message: Message): number {
    if (!this.canTake()) return 0;
    const form = formOf(message);
    this.#connection.write(form);
    this.#connection.wroteUpdate(form.length);
    return form.length;
  }

  answer(message: Message): number {
    if (!this.open || !this.#connection.isClear) {
      this.#refused = 'answer';
      return 0;
    }
    const form = formOf(message);
    this.#connection.write(form);
    return form.length;
  }

  probe(): void {}

  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  close(close: Close): void {
    this.#closedAs ??= close;
    // Without it the client takes the end for a fault of the network, and connects again.
    if (close.isFinal === true) this.#socket?.disconnect();
    this.leave();
  }

  /** Ends the connection behind what was written to it, as soon as it can be. */
  leave(): void {
    // At the end of a connection its client leaves the namespace, too.
    if (this.#hasEnded) return;
    this.#connection.close();
    this.#cancelTerminate ??= this.#clock.after(closeTimeoutMs, () => this.terminate());
  }

  terminate(): void {
    this.#connection.terminate();
  }

  onReady(): void {
    const { isClear, takesUpdates } = this.#connection;
    if (this.#refused === undefined || !(this.#refused === 'answer' ? isClear : takesUpdates)) return;
    this.#refused = undefined;
    this.#events?.onDrain();
  }

  onControl(): boolean {
    return this.#events?.onControl() ?? this.#mayGoOnBefore();
  }

  onMessage(data: unknown): boolean {
    const events = this.#events;
    if (events === undefined) return this.#onMessageBefore(data);
    // What belongs to a binary event, which was refused with its first packet.
    if (typeof data !== 'string') {
      events.onControl();
      return false;
    }
    switch (data.charAt(0)) {
      case '0':
        // It is told that there is none, if it reads. The main one it has joined.
        return joinsAnother.test(data) ? events.onControl() && this.#connection.isClear : this.#break();
      case '1':
        return true;
      case '2':
        events.onMessage(Buffer.from(eventText.exec(data)?.[1] ?? ''), false);
        return false;
      case '5':
        events.onMessage(Buffer.from(data), true);
        return false;
      default:
        // Acknowledgements of events that asked for none, and nonsense.
        events.onControl();
        return false;
    }
  }

  #onMessageBefore(data: unknown): boolean {
    if (typeof data !== 'string' || !data.startsWith('0')) return this.#break();
    if (!this.#mayGoOnBefore()) return false;
    if (joinsAnother.test(data)) return true;
    if (this.#hasAsked) return this.#break();
    this.#hasAsked = true;
    return true;
  }

  #mayGoOnBefore(): boolean {
    this.#saidBefore += 1;
    return this.#saidBefore <= mostBefore || this.#break();
  }

  #break(): false {
    this.#connection.break();
    return false;
  }

  onEnd(end: TransportEnd): void {
    this.#hasEnded = true;
    this.#cancelTerminate?.();
    const code = this.#closedAs?.code ?? end.code;
    this.#events?.onEnd({ ...end, code });
  }
}

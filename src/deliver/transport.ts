import type { Message } from '../encode/message.ts';
import type { Close } from './closes.ts';

/** What a transport tells its session. */
export interface TransportEvents {
  onMessage(data: Buffer, isBinary: boolean): void;
  /** A control frame that the client sent of its own accord. False: it sends too many, let it go unanswered. */
  onControl(): boolean;
  /** The client can be sent to again, after `offer` or `answer` returned 0. */
  onDrain(): void;
  /** The last event, whoever ended the connection. */
  onEnd(end: TransportEnd): void;
}

export interface TransportEnd {
  /** Close code by which the connection ended, as the dialect's page lists them. */
  readonly code: number;
  /** What went wrong, where it was not a regular end. */
  readonly fault?: TransportFault | undefined;
}

/** `oversize`, `protocol`: the client broke a rule. `socket`: the connection failed. */
export type TransportFault = 'oversize' | 'protocol' | 'socket';

/** A connection to one client. WebSocket, Socket.IO and Server-Sent Events implement it in `transport/`. */
export interface Transport {
  readonly kind: 'websocket' | 'event-stream' | 'socket.io';
  readonly open: boolean;
  /** When anything was last received from the client, protocol frames included; monotonic ms. */
  readonly heardAt: number;
  /** How long the last ping took to be answered; undefined: none was yet, or there are none. */
  readonly roundTripMs: number | undefined;
  /** Called once, before anything else. */
  start(events: TransportEvents): void;
  /**
   * Whether an update can be sent. Asked before each one is made, so that a client which reads nothing costs this call
   * and no more. False: none can before `onDrain`, which follows once the client keeps up.
   */
  canTake(): boolean;
  /**
   * Sends an update in the best form for the client, if it keeps up. Never queues, so that a client that does not read
   * costs no memory.
   * @returns bytes sent; 0: nothing was, and no update can be before `onDrain`
   */
  offer(message: Message): number;
  /**
   * Sends a direct answer, uncompressed, if nothing waits in this process.
   * @returns bytes sent; 0: nothing was, and neither answers nor updates can be before `onDrain`
   */
  answer(message: Message): number;
  /** Asks the client for a sign of life, unless one is owed already. */
  probe(): void;
  /** Stops reading from the client, and reads again. */
  pause(): void;
  resume(): void;
  /** Ends the connection, with code and reason where the transport has them. */
  close(close: Close): void;
  /** Ends it at once, without a close frame. */
  terminate(): void;
}

import type { Message } from '../encode/message.ts';
import type { Close } from './closes.ts';

/** What a transport tells the session that it carries. */
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

/** A connection to one client. The core owns this interface; WebSocket, Socket.IO and SSE implement it. */
export interface Transport {
  readonly kind: 'websocket' | 'event-stream';
  readonly open: boolean;
  /** When anything was last received from the client, protocol frames included; monotonic ms. */
  readonly heardAt: number;
  /** How long the last ping took to be answered; undefined: none was yet, or there are none. */
  readonly roundTripMs: number | undefined;
  /** Called once, before anything else. */
  start(events: TransportEvents): void;
  /**
   * Whether it is worth making an update for this client. False: nothing is sent to it before `onDrain`, which
   * follows once the client keeps up. Asked before each update of each client, so that one which reads nothing costs
   * this question and no more.
   */
  canTake(): boolean;
  /**
   * Sends an update, if the client keeps up, in the form that suits it best.
   * Nothing is ever queued here, so that a client that does not read costs no memory.
   * @returns bytes sent; 0: nothing was, nor will be before `onDrain`, which follows once the client keeps up
   */
  offer(message: Message): number;
  /**
   * Sends a direct answer, uncompressed, if nothing waits in this process.
   * @returns bytes sent; 0: nothing was, and neither answers nor updates will be before `onDrain`
   */
  answer(message: Message): number;
  /** Asks the client for a sign of life, unless one is owed already. */
  probe(): void;
  /** Stops reading from the client, and reads again. */
  pause(): void;
  resume(): void;
  /** Ends the connection, and says so where the transport has words for it. */
  close(close: Close): void;
  /** Ends it at once, without a word. */
  terminate(): void;
}

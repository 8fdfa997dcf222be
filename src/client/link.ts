import type { PacketRead } from './server-packet.ts';

/** One connection to the gateway, by whatever transport. */
export interface Link {
  /** Sends a message; undefined where the transport has no way back. */
  readonly send?: (message: object) => void;
  /** Ends it; what is told of it afterwards does not count. `abruptly`: the other end does not answer anyway. */
  close(abruptly: boolean): void;
}

/** What a connection tells of itself. */
export interface LinkEvents {
  /** @param bytes of the message on the wire */
  onMessage(message: PacketRead, bytes: number): void;
  /** Something came that is no message. */
  onHeard(): void;
  onEnd(end: LinkEnd): void;
}

/** How a connection ended, or why there is none. */
export interface LinkEnd {
  /** For people. */
  readonly reason: string;
  /** The token was refused, or has expired: the next attempt needs another one. */
  readonly refusesToken?: boolean;
  /** The gateway has no such view. */
  readonly refusesView?: ViewFault | undefined;
  /** The gateway asks to wait for so long at least. */
  readonly retryAfterMs?: number;
}

/** What is wrong with a view, as a SUBSCRIBE is told by an ERROR. */
export type ViewFault = readonly [code: string, message: string];

/** Opens a connection. May throw where that is impossible from the start. */
export type OpenLink = (token: string | undefined, events: LinkEvents) => Link;

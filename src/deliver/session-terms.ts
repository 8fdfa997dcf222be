import type { Closes } from './closes.ts';
import type { KeepaliveLimits } from './keepalive.ts';
import type { MessageLimits } from './message-limiter.ts';
import type { SessionOwner } from './owner.ts';
import type { Transport, TransportEnd } from './transport.ts';
import type { UrgentTypes } from './urgent-messages.ts';

export interface SessionEnd extends TransportEnd {
  /** Why the gateway ended it: the reason of its close, or `silent`. Undefined: the client did, or the network. */
  readonly cause: string | undefined;
}

/** What is the same for all sessions of an endpoint. */
export interface SessionTerms {
  readonly dialect: string;
  readonly keepalive: KeepaliveLimits;
  readonly closes: Closes;
  /** Default: `messageDefaults`. */
  readonly messages?: MessageLimits | undefined;
  /** Messages that are acted on even over the rate. Default: none. */
  readonly urgent?: UrgentTypes | undefined;
}

/** A client that was let in. */
export interface Admitted {
  readonly id: string;
  readonly terms: SessionTerms;
  readonly transport: Transport;
  readonly owner: SessionOwner;
}

/** What a dialect makes of a session. */
export interface SessionClient {
  /** What it sees, for people. */
  readonly view: string;
  /** Takes a message within the rate allowed. Must not throw. */
  receive(data: Buffer, isBinary: boolean): void;
  /** So many more events will not be sent, since it is too far behind. Default: nobody needs to know. */
  dropped?(count: number): void;
  /** The views that it followed and what it held have been given back. */
  ended(end: SessionEnd): void;
}

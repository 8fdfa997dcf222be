import type { Closes } from './closes.ts';
import type { MessageLimits, UrgentTypes } from './incoming.ts';
import type { KeepaliveLimits } from './keepalive.ts';
import type { Transport, TransportEnd } from './transport.ts';

/** Whose a session is. */
export interface SessionOwner {
  /** Client address, for people. */
  readonly address: string;
  readonly userAgent: string | undefined;
  /** `sub` of its token; undefined: it has none. */
  readonly subject: string | undefined;
  /** Operators are not dismissed to make room for another. */
  readonly isOperator: boolean;
  /** When the token that let it in expires, epoch ms. Undefined: never. */
  readonly expiresAt: number | undefined;
}

/** Its fields in log lines. */
export function ownerFields({ address, subject, userAgent }: SessionOwner) {
  return { address, subject, user_agent: userAgent };
}

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

/** The dialect's side of a session. */
export interface SessionClient {
  /** What it sees, for people. */
  readonly view: string;
  /** Takes a message within the rate allowed. Must not throw. */
  receive(data: Buffer, isBinary: boolean): void;
  /** So many more events will not be sent, since it is too far behind. Default: ignored. */
  dropped?(count: number): void;
  /** Called when its leases have been released. */
  ended(end: SessionEnd): void;
}

/** The answer of `GET /api/clients` for one session. */
export interface SessionState {
  readonly id: string;
  readonly dialect: string;
  readonly transport: Transport['kind'];
  readonly address: string;
  readonly subject: string | null;
  readonly user_agent: string | null;
  /** What it sees. */
  readonly view: string;
  /** ISO 8601 time at which it connected. */
  readonly since: string;
  /** Packets. */
  readonly sent: number;
  /** Updates that it could not be sent when they came. */
  readonly skipped: number;
  /** Versions or events that it was not sent yet. */
  readonly behind: number;
  /** Of the last ping that was answered; null: none was. */
  readonly round_trip_ms: number | null;
}

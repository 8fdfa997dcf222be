import type { z } from 'zod';
import type { Policy } from '../access/policy.ts';
import type { Principal } from '../access/principal.ts';
import type { Refusal } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Closes } from '../deliver/closes.ts';
import type { MessageLimits } from '../deliver/incoming.ts';
import type { KeepaliveLimits } from '../deliver/keepalive.ts';
import type { Session } from '../deliver/session.ts';
import type { SessionEnd } from '../deliver/session-terms.ts';
import type { Transport } from '../deliver/transport.ts';
import type { Lease } from '../feed/registry.ts';

/** One kind of message: what it is for, in a line for people, and what it looks like. */
export interface MessageKind<Schema extends z.ZodType = z.ZodType> {
  readonly summary: string;
  readonly schema: Schema;
}

/** Kinds of messages by their `type`. */
export type MessageKinds = Readonly<Record<string, MessageKind>>;

/** A message of one of these kinds, as its schema gives it. */
export type MessageOf<Kinds extends MessageKinds> = z.output<Kinds[keyof Kinds]['schema']>;

/**
 * One conversation that a dialect has with its clients, whatever carries it: what it takes to have it, what is said in
 * it, within which limits and how it ends, as data; and who a client is talking to, as one function.
 */
export interface Endpoint {
  /** Unlike any other's: its channel in the AsyncAPI document, and `endpoint` in log lines. */
  readonly id: string;
  /** For the AsyncAPI document. */
  readonly description: string;
  /** Who is let in. */
  readonly access: Policy;
  /** The query of its URL. Default: what stands there does not matter. */
  readonly query?: z.ZodType;
  /** Field of the query that says where a client stands: the `Last-Event-ID` of one that comes back takes its place. */
  readonly resumeField?: string;
  /** Messages that clients may send. */
  readonly hears: MessageKinds;
  /** Messages that clients are sent: for the AsyncAPI document. */
  readonly tells: MessageKinds;
  /** How each end by the core is told. */
  readonly closes: Closes;
  /** Whether clients that offer permessage-deflate get it. Default false. */
  readonly compression?: boolean;
  /** Largest message taken, in bytes; more ends the connection with 1009. Default 64 KiB. */
  readonly maxMessageBytes?: number;
  /** What differs from the gateway's; infinite: never. */
  readonly keepalive?: Partial<KeepaliveLimits>;
  readonly limits?: EndpointLimits;
  /** An id like no other. Default: a short random one. */
  readonly newId?: () => string;
  /** What the log says of a client at info when it has come, and when it has gone. */
  readonly connectedLine: (session: Session) => string;
  readonly disconnectedLine: (session: Session) => string;
  /** Before a connection is one: a refusal is an HTTP answer, and a function goes on once there is a session. */
  open(arrival: Arrival): Refusal | OpenClient;
  /** The same where the query is not what it should be. Default: `BAD_OPTION`, naming the first field at fault. */
  openFaulty?(error: z.ZodError, arrival: Arrival): Refusal | OpenClient;
}

export interface EndpointLimits {
  /** Messages of one client, pings included. Default: 20 a second, 40 at once; closed after 10 s over it. */
  readonly messages?: MessageLimits;
  /** Messages that are acted on even over that rate: one at once, then one a second. Default: none are. */
  readonly urgent?: {
    readonly types: readonly string[];
    /** Whose: from others they are as any message. */
    readonly from: Policy;
  };
}

/** An endpoint as a dialect writes it: what its clients are given is what its schemas make of what came in. */
interface Definition<Hears extends MessageKinds, Query> extends Endpoint {
  readonly query?: z.ZodType<Query>;
  readonly hears: Hears;
  open(arrival: Arrival<Query>): Refusal | OpenClient<MessageOf<Hears>>;
}

export function defineEndpoint<Hears extends MessageKinds, Query>(
  endpoint: Definition<Hears, Query>,
): Endpoint {
  return endpoint;
}

/** Who was let in, before there is a session. */
export interface Arrival<Query = unknown> {
  readonly principal: Principal;
  readonly query: Query;
  /** What stands in the path for each `:name`, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Of the URL, as it was sent. */
  readonly path: string;
  readonly transport: Transport['kind'];
  /**
   * Keeps something until the session begins, and gives it back where none does: a handshake can still fail. From
   * then on it is the client's, to be given to the session by `follow` or `hold`.
   */
  hold<Resource>(lease: Lease<Resource>): Lease<Resource>;
}

/** Makes the client of a session that has begun, and sends it the first message. */
export type OpenClient<Message = unknown> = (session: Session) => Client<Message>;

/** What a dialect is to one client. Nothing here may throw; all of it is synchronous, in the order of arrival. */
export interface Client<Message = unknown> {
  /** What it sees, for people. Default: the `id` of the endpoint. */
  readonly view?: string;
  /** Does what a message asks for that is one of this endpoint. Default: nothing. */
  receive?(message: Message): void;
  /**
   * Told of a message that is none.
   * @returns whether it was dealt with, and counted by `session.refused`. Default: it is counted and ignored
   */
  unreadable?(fault: Unreadable): boolean;
  /** So many more events will not be sent, since it is too far behind. */
  dropped?(count: number): void;
  /** What it followed and held has been given back. */
  ended?(end: SessionEnd): void;
}

/** Why a message is none of its endpoint. */
export interface Unreadable {
  /** Label value of `bff_rejected_total`: `binary`, what `parseUntrusted` says, `unknown` or `shape`. */
  readonly reason: string;
  /** Of a known type, with what its schema has against it. */
  readonly misshapen?: { readonly message: JsonObject; readonly error: z.ZodError };
}

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
import type { QuerySchema } from '../http/query.ts';

/** A type of message: a summary for people, and its schema. */
export interface MessageKind<Schema extends z.ZodType = z.ZodType> {
  readonly summary: string;
  readonly schema: Schema;
}

/** Message types by their `type`. */
export type MessageKinds = Readonly<Record<string, MessageKind>>;

/** A message of one of these types, as its schema outputs it. */
export type MessageOf<Kinds extends MessageKinds> = z.output<Kinds[keyof Kinds]['schema']>;

/**
 * An endpoint of a dialect, whatever the transport: access, messages, limits and close codes as data, and one function
 * that makes the client of a session.
 */
export interface Endpoint {
  /** Unique: its channel in the AsyncAPI document, and `endpoint` in log lines. */
  readonly id: string;
  /** For the AsyncAPI document. */
  readonly description: string;
  /** Who is let in. */
  readonly access: Policy;
  /** The query of its URL. Default: no options. */
  readonly query?: QuerySchema;
  /** Field of the query that holds the position to resume from; `Last-Event-ID` overrides it. */
  readonly resumeField?: string;
  /** Messages that clients may send. */
  readonly hears: MessageKinds;
  /** Messages that clients are sent: for the AsyncAPI document. */
  readonly tells: MessageKinds;
  /** Close code and reason for each cause. */
  readonly closes: Closes;
  /** Whether permessage-deflate is negotiated. Default false. */
  readonly compression?: boolean;
  /** Largest message in bytes; larger ones close the connection with 1009. Default 64 KiB. */
  readonly maxMessageBytes?: number;
  /** Overrides of the gateway's; infinite: never. */
  readonly keepalive?: Partial<KeepaliveLimits>;
  readonly limits?: EndpointLimits;
  /** Makes a unique id. Default: a short random one. */
  readonly newId?: () => string;
  /** Log lines at info when a client has connected, and when it has disconnected. */
  readonly connectedLine: (session: Session) => string;
  readonly disconnectedLine: (session: Session) => string;
  /** Called before the connection is accepted: a refusal becomes an HTTP answer. */
  open(arrival: Arrival): Refusal | OpenClient;
  /** The refusal of options that are not valid. Default: `BAD_OPTION`, naming the first at fault. */
  queryFault?(error: z.ZodError): Refusal;
  /** Called instead of `open` where the query is refused, to tell why over the connection. Default: it is refused. */
  openFaulty?(fault: Refusal, arrival: Omit<Arrival, 'query' | 'ignored'>): OpenClient;
}

export interface EndpointLimits {
  /** Messages of one client, pings included. Default: 20 a second, 40 at once; closed after 10 s over it. */
  readonly messages?: MessageLimits;
  /** Messages that are accepted even over that rate: one at once, then one a second. Default: none. */
  readonly urgent?: {
    readonly types: readonly string[];
    /** From whom; of others they count as any message. */
    readonly from: Policy;
  };
}

/** An endpoint with its types: clients are given what the schemas output. */
interface Definition<Hears extends MessageKinds, Query> extends Endpoint {
  readonly query?: QuerySchema<Query>;
  readonly hears: Hears;
  open(arrival: Arrival<Query>): Refusal | OpenClient<MessageOf<Hears>>;
}

export function defineEndpoint<Hears extends MessageKinds, Query>(
  endpoint: Definition<Hears, Query>,
): Endpoint {
  return endpoint;
}

/** An authorised request, before there is a session. */
export interface Arrival<Query = unknown> {
  readonly principal: Principal;
  readonly query: Query;
  /** Names of what was given in the query besides, without effect. */
  readonly ignored: readonly string[];
  /** Values of the path's `:name` segments, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** By which it was routed. */
  readonly path: string;
  readonly transport: Transport['kind'];
  /**
   * Holds a lease until the session begins, and releases it if the handshake fails. From then on it is the client's, to
   * be given to the session by `follow` or `hold`.
   */
  hold<Resource>(lease: Lease<Resource>): Lease<Resource>;
}

/** Makes the client of a session that has begun, and sends the first message. */
export type OpenClient<Message = unknown> = (session: Session) => Client<Message>;

/** A dialect's side of one session. Called synchronously, in the order of arrival; must not throw. */
export interface Client<Message = unknown> {
  /** What it follows, for people. Default: the `id` of the endpoint. */
  readonly view?: string;
  /** Handles a valid message. Default: nothing. */
  receive?(message: Message): void;
  /**
   * Handles an invalid message.
   * @returns whether it was handled, and counted by `session.refused`. Default: it is counted and ignored
   */
  unreadable?(fault: Unreadable): boolean;
  /** Called when so many further events were dropped, as the client is too far behind. */
  dropped?(count: number): void;
  /** Called once all leases have been released. */
  ended?(end: SessionEnd): void;
}

/** Why a message is invalid. */
export interface Unreadable {
  /** Label value of `bff_rejected_total`: `binary`, what `parseUntrusted` says, `unknown` or `shape`. */
  readonly reason: string;
  /** Of a known type that fails its schema. */
  readonly misshapen?: { readonly message: JsonObject; readonly error: z.ZodError };
}

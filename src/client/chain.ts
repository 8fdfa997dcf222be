import type { Granted } from '../wire/packet.ts';
import type { ClientContext, GatewayConnection, LiveConnection, Refusal } from './connection.ts';
import type { Replica } from './replica.ts';
import type { WantedView } from './view.ts';

/** How a client comes by the document: by connections of its own, or by one that it shares. */
export interface Chain {
  readonly live: LiveConnection | undefined;
  /** The live connection, where it is this client's own and can be sent something. */
  readonly socket: GatewayConnection | undefined;
  /** Whether a connection is being opened: it asks for the view that was wanted when that began. */
  readonly isOpening: boolean;
  /** As what the client is refused, until something else is known. */
  readonly refusal: Refusal | undefined;
  /** Why there is no live connection, for people; empty where there is nothing to say. */
  readonly reasons: string;
  /** Starts and stops what is needed as things stand now. */
  update(): void;
  /** Puts a change of the view in force. Returns what the answer comes by; undefined: by the next connection. */
  subscribe(message: object): GatewayConnection | undefined;
  /** Has a whole document sent; `isStuck`: one that was asked for before did not come. */
  askForWhole(isStuck: boolean): void;
  /** Connects with the view and the token of now. What is live stays in use until the new one gives a document. */
  renew(): void;
  /**
   * Something happened after which a connection may well be dead, or possible again. `isStuck`: a HALT gets no answer,
   * and wants a connection of this client's own.
   */
  wake(isStuck?: boolean): void;
  /** Ends all there is; `update` begins anew, with the token of then. */
  stop(): void;
}

/** What a chain is made of. */
export interface ChainParts {
  readonly view: WantedView;
  readonly replica: Replica;
  readonly context: ClientContext;
  /** The options in force. */
  readonly granted: () => Granted | undefined;
  /** `<epoch>-<seq>` of what is held; undefined where the whole document is wanted. */
  readonly since: () => string | undefined;
}

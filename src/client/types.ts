import type { Clock } from '../core/clock.ts';
import type { JsonValue } from '../core/json.ts';
import type { Granted } from '../wire/packet.ts';
import type { Path, Sources, TelemetryDocument, ValueAtPath } from './document.ts';
import type { TelemetryError } from './telemetry-error.ts';

/** How the gateway is to show the document. All options combine. */
export interface ViewOptions {
  /** Whole packets, or what changed. Default `full`. */
  readonly mode?: 'full' | 'delta';
  /** Text frames, or binary ones, which need a `codec`. Server-Sent Events are JSON whatever this says. Default `json`. */
  readonly encoding?: 'json' | 'msgpack';
  /**
   * Least milliseconds between two packets, 0 to 60,000; the gateway rounds it up to a common step. `pause`: urgent
   * news only. Default 0: none.
   */
  readonly interval?: number | 'pause';
  /** Only these sections; `timestamp`, `status` and `sources` always come along. Default: all. */
  readonly sections?: readonly string[];
  /** The document of this symbol. Default: the engine's own. */
  readonly symbol?: string;
}

/** What `setOptions` changes: what is not named stays, `null` is back to the default. */
export type ViewChange = { readonly [Option in keyof ViewOptions]?: NonNullable<ViewOptions[Option]> | null };

/** Reads the frames of an encoding. `telemetry-bff/client/msgpack` has the one for MessagePack. */
export interface Codec {
  readonly encoding: 'msgpack';
  /** Throws where the bytes are no value of the encoding. */
  decode(bytes: Uint8Array): unknown;
}

/** Gives a JSON Web Token: asked before the first connection, before the last one expires, and after a refusal. */
export type TokenProvider = () => string | Promise<string>;

/** What is used of a WebSocket: the browser's, Node's own and `ws` all have it. */
export interface WebSocketLike {
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  /** Ends the connection without a closing handshake, where the implementation can. */
  terminate?(): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** What is used of `fetch`. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>;
export interface FetchInit {
  /** Default: GET. */
  readonly method?: 'HEAD' | 'OPTIONS' | 'POST';
  readonly body?: string;
  readonly mode?: 'no-cors';
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
  readonly cache: 'no-store';
}

export interface TelemetryClientOptions extends ViewOptions {
  /**
   * Where the gateway is: `https://host`, `wss://host/prefix`, or relative to the page. `ws/stream`,
   * `api/stream/telemetry` and `api/telemetry` are looked for below its path; a `/ws/stream` at its end is left out.
   * No query: options go beside it.
   */
  readonly url: string | URL;
  /**
   * Sent as the subprotocol `token` on WebSockets and in `Authorization` elsewhere. A text is sent as it is; a
   * function can renew it. Default: none (a cookie of the gateway's host goes along by itself).
   */
  readonly token?: string | TokenProvider;
  /** `false`: nothing is opened before `connect()`. Default `true`. */
  readonly connect?: boolean;
  /** Needed for `encoding: 'msgpack'`. */
  readonly codec?: Codec;
  /**
   * Past this age a path is `stale` for this client whatever the gateway says last, also where the connection only
   * seems to live: see `freshness.of`. 500 or more; the gateway is asked three times within it. Server-Sent Events
   * have no way to ask: there only packets count, and a stream in which nothing moves is stale in between. Default:
   * no limit.
   */
  readonly maxAgeMs?: number;
  /** Default: the platform's. Node 20 has none: give it that of `ws`. `null`: Server-Sent Events and polling only. */
  readonly WebSocket?: WebSocketConstructor | null;
  /** Default: the platform's. */
  readonly fetch?: Fetch;
  /** Default: the wall clock and timers of the platform. */
  readonly clock?: Clock;
  /** 0 ≤ n < 1, for the jitter of the waits. Default `Math.random`. */
  readonly random?: () => number;
  readonly timing?: Partial<Timing>;
}

/** All the times, in milliseconds. */
export interface Timing {
  /** A PING with `t` goes out so often. Default 25,000. */
  readonly heartbeatMs: number;
  /** A connection silent for so long is given up and made anew. Default 75,000; Server-Sent Events: `staleMs` at least. */
  readonly silenceMs: number;
  /**
   * Silent for so long, the state is `stale`; a PING at two thirds of it asks first. Default 15,000, or 3 intervals.
   * With Server-Sent Events, where nobody can be asked, three of the gateway's comments: 45,000 at least.
   */
  readonly staleMs: number;
  /** For a connection to give its first packet, a poll to be answered, a provider to give a token. Default 10,000. */
  readonly connectMs: number;
  /** First and longest wait before a new attempt (full jitter, doubled each time). Default 1,000 and 30,000. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** A connection that ended sooner counts as failed: waits grow on, and the fallback comes nearer. Default 5,000. */
  readonly steadyMs: number;
  /** From one poll to the next, where it must be polled. Default 1,000, or the interval. */
  readonly pollMs: number;
  /** Before a token's expiry the provider is asked for the next; at most a fifth of its life. Default 60,000. */
  readonly tokenMarginMs: number;
  /** For an answer to `command` and `setOptions`. Default 10,000. */
  readonly answerMs: number;
}

/**
 * - `idle`: `connect: false`, and `connect()` was not called yet.
 * - `connecting`: there is no document yet: no connection, or no word of the engine (`reason` says which).
 * - `live`: the gateway sends each change as it comes.
 * - `polling`: neither WebSockets nor Server-Sent Events get through; the document is fetched again and again.
 * - `stale`: the document is the last known one; the connection is lost, or silent.
 * - `unauthorized`: the gateway takes no token that this client has: it needs another one, by `setToken`.
 * - `refused`: the gateway does not let this page in, whatever the token: its origin, or the name by which it
 *   addresses the gateway, is not among those of `ALLOWED_ORIGINS` or `ALLOWED_HOSTS` (`reason` says which).
 * - `closed`: by `close()`, for good.
 *
 * In `unauthorized` and `refused` a document, where there is one, is the last known. `setToken` and `connect` try
 * again at once. So does the client by itself when the page is looked at again, and every few minutes.
 */
export type ClientState =
  | 'idle'
  | 'connecting'
  | 'live'
  | 'stale'
  | 'polling'
  | 'unauthorized'
  | 'refused'
  | 'closed';
export type TransportName = 'websocket' | 'sse' | 'polling';

/** How the client stands towards the gateway. A new object on each change, the same one in between. */
export interface ConnectionStatus {
  readonly state: ClientState;
  /** Why it is so, for people: `websocket: closed with 1001 shutdown`. Empty where there is nothing to say. */
  readonly reason: string;
  /** What the document comes by now; undefined while by nothing. */
  readonly transport: TransportName | undefined;
  /** Since when the state is what it is, epoch ms. */
  readonly since: number;
}

/**
 * - `fresh`: current, on the gateway's word and by this client's connection.
 * - `stale`: the last known.
 * - `down`: the last known, and its source has been given up for now; or it never spoke.
 * - `initializing`: there is no document yet.
 */
export type FreshnessState = 'fresh' | 'stale' | 'down' | 'initializing';

/** Whether one path of the document may be shown as current. */
export interface PathFreshness {
  readonly state: FreshnessState;
  /** Since when it is in that state, epoch ms, by the clock of who noticed; undefined where nobody says. */
  readonly since: number | undefined;
  /** Why it is not fresh, for people; undefined where it is, or nobody says. */
  readonly error: string | undefined;
  /**
   * Milliseconds since the gateway last vouched for it: by a packet or a PONG while its source was fresh. Of what
   * only events keep current, since the last packet. Undefined: it never did.
   */
  readonly ageMs: number | undefined;
}

/** How old what one sees may be: here, and on the gateway's word. */
export interface Freshness {
  /**
   * What holds for a path (`market.price`): its own source, what events keep current where that is not fresh, this
   * client's connection, and `maxAgeMs`. Of a section: of the worst in it. Default: the source `state`.
   */
  of(path?: Path): PathFreshness;
  /** Whether the engine's state is current: `of().state` is `fresh`. */
  readonly isFresh: boolean;
  /** Milliseconds since anything was received; undefined: nothing ever was. */
  readonly silentMs: number | undefined;
  /** Milliseconds since the document last changed; undefined: there is none yet. */
  readonly unchangedMs: number | undefined;
  /** The worst of the gateway's `sources`; undefined: it names none. */
  readonly sources: 'fresh' | 'stale' | 'down' | undefined;
}

/** What happened since the client was made. */
export interface ClientStats {
  /** Of the messages received, as they were on the wire before compression, framing not counted. */
  readonly bytes: number;
  /** Messages received, of every kind; polls answered too. */
  readonly packets: number;
  /** Of these, whole documents. */
  readonly full: number;
  /** Of these, differences that were applied. */
  readonly deltas: number;
  /** Changes of the document. */
  readonly updates: number;
  /** Messages that could not be read. */
  readonly malformed: number;
  /** Whole documents asked for because of a gap or an unreadable message. */
  readonly resyncs: number;
  /** WebSocket and SSE connections after the first that gave a document. */
  readonly reconnects: number;
  /** Of the last PING that was answered, or poll that brought nothing new; undefined: none was. */
  readonly roundTripMs: number | undefined;
  readonly transport: TransportName | undefined;
}

export interface CommandOptions {
  /** For the gateway's audit log; it keeps 500 characters. */
  readonly reason?: string;
  /** Default: a random one. At most 128 characters, or the answer would not be recognised. */
  readonly requestId?: string;
  /** Default: `timing.answerMs`. */
  readonly timeoutMs?: number;
  /** Gives the command up: `CANCELLED`, and `effect` says whether anything had been sent. */
  readonly signal?: AbortSignal;
  /** Told how it stands within half a second, and whenever that changes. */
  readonly onProgress?: (progress: CommandProgress) => void;
}

/** `unsent`: nothing was sent yet, and it is still tried. `sent`: the gateway may have it; the answer is awaited. */
export interface CommandProgress {
  readonly state: 'unsent' | 'sent';
}

/** A command that was carried out. */
export interface CommandResult {
  readonly command: 'HALT' | 'RESUME';
  readonly requestId: string;
  /** What the engine answered. */
  readonly result: JsonValue;
}

/** A change of the document. Sections, and whatever in them did not change, are the same objects in both. */
export interface Update<Document = TelemetryDocument> {
  readonly document: Partial<Document>;
  readonly previous: Partial<Document>;
  /** Top-level keys whose value differs. */
  readonly changed: readonly string[];
}

/** Events of `client.on`, by name, with what their listeners get. */
export interface ClientEvents<Document = TelemetryDocument> {
  /** The document changed. */
  readonly update: Update<Document>;
  /** State, reason or transport changed. */
  readonly state: ConnectionStatus;
  /** What `freshness.of` says of some path may have changed: by the gateway's word, the connection, or age. */
  readonly freshness: Freshness;
  /** The gateway said what this client has: on connecting, and after `setOptions`. */
  readonly granted: Granted;
  /** Something that nobody waits for went wrong: see the codes of TelemetryError. */
  readonly error: TelemetryError;
}

export type Unsubscribe = () => void;

/**
 * A replica of the gateway's document, kept current whatever the network does.
 *
 * @typeParam Document what the application knows of its engine's document: an interface that extends
 *   TelemetryDocument, or one of its own. It is taken at its word.
 */
export interface TelemetryClient<Document extends object = TelemetryDocument>
  extends AsyncIterable<Partial<Document>> {
  /**
   * The document as last received; empty until the engine has spoken, and again where a gateway that was restarted
   * has not heard of it yet. Never modified: a change makes a new one.
   */
  readonly document: Partial<Document>;
  /** What the gateway says of its sources, also while there is no document. */
  readonly sources: Sources;
  /** Version of the document, and the life of the feed that counts it; undefined before the first packet. */
  readonly position: { readonly epoch: string; readonly seq: number } | undefined;
  readonly status: ConnectionStatus;
  /** Options in force, role, and whether commands are open. Undefined before, and where only polling works. */
  readonly granted: Granted | undefined;
  /** The view asked for, changes that were not answered yet included; null: the gateway's own choice. */
  readonly wanted: Required<ViewChange>;
  readonly freshness: Freshness;
  readonly stats: ClientStats;

  /** Calls the listener on each such event. One that throws disturbs no other. */
  on<Name extends keyof ClientEvents>(
    event: Name,
    listener: (event: ClientEvents<Document>[Name]) => void,
  ): Unsubscribe;

  /**
   * Calls back with what is at a path of the document (`market.price`), or with what a function makes of the
   * document: at once where there is a document, then on each change of the value (undefined where the document has
   * become empty).
   *
   * @param isEqual whether two values are the same; default `Object.is`, which is enough for anything taken from
   *   the document as it is
   */
  select<const Key extends Path<Document>>(
    path: Key,
    callback: (value: ValueAtPath<Key, Document>, previous: ValueAtPath<Key, Document>) => void,
  ): Unsubscribe;
  select<Value>(
    selector: (document: Partial<Document>) => Value,
    callback: (value: Value, previous: Value | undefined) => void,
    isEqual?: (a: Value, b: Value) => boolean,
  ): Unsubscribe;

  /**
   * Begins to connect, with `connect: false`; tries again at once where the client is `unauthorized` or `refused`.
   * Otherwise it does nothing.
   * @throws TelemetryError `CLOSED` after `close()`
   */
  connect(): void;

  /**
   * Uses another token from now on; undefined: none. Connections made with the one before are closed, and new ones
   * opened: the document is the last known meanwhile. A provider that renews its tokens needs no such call.
   */
  setToken(token: string | TokenProvider | undefined): void;

  /**
   * Asks for another view. Resolves when it is in force, with what was granted (undefined where only polling
   * works). Rejects with a TelemetryError where the gateway refuses it or does not answer: then all is as before.
   */
  setOptions(change: ViewChange): Promise<Granted | undefined>;

  /**
   * Has the engine halted or resumed. Resolves with its answer; rejects with a TelemetryError, whose code is the
   * gateway's or one of the client's own, and whose `effect` says whether it may have been carried out all the same.
   *
   * It goes by the WebSocket that there is, else by HTTP at once. A HALT is tried by every way, again and again, until
   * it is answered or its time is up; the gateway carries it out once. A RESUME is sent once: it fails as soon as that
   * has, and at once where nobody is there to take it.
   */
  command(command: 'HALT' | 'RESUME', options?: CommandOptions): Promise<CommandResult>;

  /** The newest document, again and again, until `close()`. A reader that is slow skips, and misses no end state. */
  [Symbol.asyncIterator](): AsyncIterator<Partial<Document>, undefined, undefined>;

  /** Ends everything. Pending requests are rejected with `CLOSED`. Twice does no harm. */
  close(): void;
}

import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Server as Engine, type Socket as EngineSocket, type Transport as EngineTransport } from 'engine.io';
import { Server, type Socket } from 'socket.io';
import { WebSocket, WebSocketServer, type ServerOptions as WebSocketServerOptions } from 'ws';
import { type Clock, destroyWithin } from '../core/clock.ts';
import { problemDocument, Refusal } from '../core/errors.ts';
import { EngineConnection } from './engine-connection.ts';
import { SocketIoTransport } from './socket-io.ts';
import { webSocketOf } from './socket-io-carriers.ts';
import { closeTimeoutMs, webSocketDefaults } from './websocket-server.ts';

/** A client that asks to join the main namespace. */
export interface Joining {
  /** That its connection began with: of it `left` was told. */
  readonly request: IncomingMessage;
  /** Of the socket, which the client knows as well. */
  readonly id: string;
  /** `auth.token` of its CONNECT; undefined: it has none. What is no text is no valid token. */
  readonly token: string | undefined;
}

/** One that was let in. */
export interface Joined {
  begin(transport: SocketIoTransport): void;
  /** The client has left instead. */
  abandon(): void;
}

export interface SocketIoServerOptions {
  readonly clock: Clock;
  /** Largest message taken from a client, in bytes, and body of a POST; more closes the connection, or answers 413. */
  readonly maxMessageBytes: number;
  /** Whether a client is let in. Must not reject. */
  readonly join: (joining: Joining) => Promise<Joined | Refusal>;
  /** Called where a request or an upgrade is refused, as it breaks the protocol. */
  readonly onRefused: () => void;
}

/**
 * How long a connection may be without a session. socket.io has such a limit as well, but then waits for a poll: one
 * request would hold a place for most of a minute.
 */
const connectTimeoutMs = 10_000;
/**
 * Clients are told both with the handshake. They take the gateway for lost when they heard nothing for both together:
 * by default 45 s, in which the figures of one that hangs would look live.
 */
const pings = { pingInterval: 10_000, pingTimeout: 15_000 } as const;

/** `engine.io` hands over no more than these options. */
class WebSockets extends WebSocketServer {
  constructor(options: WebSocketServerOptions) {
    super({ ...webSocketDefaults, ...options });
  }
}

/** engine.io, which names its connections as it is told here: the id is all that a later request needs. */
class NamingEngine extends Engine {
  readonly #ids = new WeakMap<IncomingMessage, string>();

  override generateId(request: IncomingMessage): string {
    const id = randomBytes(18).toString('base64url');
    this.#ids.set(request, id);
    return id;
  }

  idOf({ request }: EngineSocket): string {
    return this.#ids.get(request) ?? '';
  }
}

/** The real socket.io and engine.io, for requests that were routed and let in. Sessions begin with the CONNECT. */
export class SocketIoServer {
  readonly #engine: NamingEngine;
  readonly #io: Server;
  readonly #options: SocketIoServerOptions;
  readonly #connections = new Map<string, EngineConnection>();
  readonly #transports = new WeakMap<EngineSocket, SocketIoTransport>();
  readonly #joined = new WeakMap<Socket, Joined>();
  readonly #left = new WeakMap<IncomingMessage, () => void>();
  /** Of upgrades that have not come about yet. */
  readonly #probed = new WeakSet<EngineTransport>();

  constructor(options: SocketIoServerOptions) {
    this.#options = options;
    this.#engine = new NamingEngine({
      wsEngine: WebSockets,
      ...pings,
      maxHttpBufferSize: options.maxMessageBytes,
      perMessageDeflate: false,
      httpCompression: false,
    });
    this.#engine.on('connection', (conn: EngineSocket) => this.#onConnection(conn));
    this.#engine.on('connection_error', ({ req }: { readonly req: IncomingMessage }) => {
      options.onRefused();
      this.#left.get(req)?.();
    });
    this.#io = new Server({ serveClient: false });
    // After the listener above: it is to hear each packet before socket.io.
    this.#io.bind(this.#engine);
    this.#io.use((socket, next) => void this.#join(socket, next));
    this.#io.on('connection', (socket) => this.#begin(socket));
  }

  /**
   * Serves a request: the handshake of a connection, or one that belongs to a connection by its `sid`.
   * @param left called when the connection that it begins has ended, or is carried by a WebSocket, or never began
   */
  handleRequest(
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
    left: () => void,
  ): void {
    this.#left.set(request, left);
    this.#engine.handleRequest(withQuery(request, query), response);
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, query: URLSearchParams): void {
    this.#engine.handleUpgrade(withQuery(request, query), socket, head);
    // ws has answered what is wrong with the handshake.
    if (socket.writableEnded) destroyWithin(socket, closeTimeoutMs);
  }

  /** Pending while no message is to be read from a connection; undefined: they are, or there is none. */
  paused(sid: string): Promise<void> | undefined {
    return this.#connections.get(sid)?.paused;
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await this.#io.close();
  }

  #onConnection(conn: EngineSocket): void {
    const { clock } = this.#options;
    const id = this.#engine.idOf(conn);
    const { request } = conn;
    const connection = new EngineConnection(conn, clock);
    this.#connections.set(id, connection);
    const transport = new SocketIoTransport(connection, clock);
    this.#transports.set(conn, transport);
    const cancelTimeout = clock.after(connectTimeoutMs, () => {
      if (!transport.hasJoined) connection.terminate();
    });
    conn.on('upgrading', (transport: EngineTransport) => this.#boundProbe(transport));
    const left = (): void => this.#left.get(request)?.();
    conn.once('upgrade', left);
    conn.once('close', () => {
      this.#connections.delete(id);
      cancelTimeout();
      left();
    });
  }

  /** Each probe of an upgrade is answered. Clients send one: what sends more is given up. */
  #boundProbe(transport: EngineTransport): void {
    if (!this.#probed.has(transport)) {
      this.#probed.add(transport);
      return;
    }
    const socket = webSocketOf(transport);
    // What has arrived already is still read.
    if (socket?.readyState !== WebSocket.OPEN) return;
    socket.terminate();
    this.#options.onRefused();
  }

  async #join(socket: Socket, next: (error?: Error) => void): Promise<void> {
    const { conn, handshake, id } = socket;
    const offered: unknown = handshake.auth.token ?? undefined;
    const token = offered === undefined || typeof offered === 'string' ? offered : '';
    const joined = await this.#options.join({ request: conn.request, id, token });
    if (joined instanceof Refusal) {
      next(connectError(joined));
      // Behind the answer, which is written in the next tick.
      process.nextTick(() => this.#transports.get(conn)?.leave());
      return;
    }
    if (conn.readyState === 'open') {
      this.#joined.set(socket, joined);
      conn.once('close', joined.abandon);
    } else joined.abandon();
    // Of a connection that has closed, too: socket.io forgets the socket then.
    next();
  }

  #begin(socket: Socket): void {
    const joined = this.#joined.get(socket);
    const transport = this.#transports.get(socket.conn);
    if (joined === undefined || transport === undefined) return;
    socket.conn.off('close', joined.abandon);
    transport.joined(socket);
    joined.begin(transport);
  }
}

/**
 * engine.io takes the query from here, and would parse the URL by itself otherwise: of what is given twice the first
 * counts, as in `URLSearchParams.get`, or else it might serve another connection than has a place. JSONP is for no
 * client that joins.
 */
function withQuery(request: IncomingMessage, query: URLSearchParams): IncomingMessage {
  const { j: _, ...known } = Object.fromEntries([...query].reverse());
  return Object.assign(request, { _query: known });
}

/** The `connect_error` of a client: its `data` says what a problem document would. */
function connectError({ code, detail, retryAfterS }: Refusal): Error & { readonly data: object } {
  const { title } = problemDocument(code);
  return Object.assign(new Error(title), { data: { code, detail, retryAfterS } });
}

import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientOptions, WebSocket } from 'ws';
import { systemClock } from '../../src/core/clock.ts';
import type { Transport, TransportEnd } from '../../src/deliver/transport.ts';
import {
  createWebSocketAcceptor,
  type WebSocketServerOptions,
} from '../../src/transport/websocket-server.ts';
import { framesOfSocket } from './client.ts';
import type { FrameReader } from './frame-reader.ts';
import { type Resource, waitFor } from './wait.ts';

/** Both ends of one WebSocket. */
export interface Connection {
  readonly transport: Transport;
  readonly client: WebSocket;
  /** What the transport told its session. */
  readonly messages: readonly { readonly text: string; readonly isBinary: boolean }[];
  readonly ends: readonly TransportEnd[];
  /** The client's machine forgets the connection, without a word. */
  reset(): void;
  /** Called at each control frame of the client's own accord. */
  onControl: () => boolean;
  /** Called at each drain. */
  onDrain: () => void;
  /**
   * What the client got: messages as their text, pings and pongs by name, and the close code. Over a socket of the file
   * system: digests of the messages, the close code, and errors.
   */
  readonly received: readonly string[];
  /** Payloads of the pongs that came. */
  readonly pongs: readonly string[];
  /** Its frames as they were on the wire. */
  readonly frames: FrameReader;
  /** Bytes that the client read from its socket, handshake included. */
  bytesRead(): number;
}

interface ConnectOptions extends ClientOptions {
  /** Reads so many bytes at a time, and other things in between. Default: as much as there is. */
  readonly pieceBytes?: number | undefined;
}

/** WebSocket transports over real sockets, without sessions. */
export interface TransportServer extends Resource {
  connect(options?: ConnectOptions): Promise<Connection>;
  stop(): Promise<void>;
}

export const digestOf = (data: Buffer | string): string => createHash('sha1').update(data).digest('base64');

/**
 * Nothing given: as in the gateway, with compression for clients that offer it, over loopback.
 * @param options.overFile over a socket of the file system, whose buffer is small and fixed: the kernel is full after
 * some 200 KB, where over TCP it takes megabytes
 */
export async function startTransportServer({
  overFile = false,
  ...options
}: Pick<Partial<WebSocketServerOptions>, 'random' | 'directWrites'> & {
  readonly overFile?: boolean;
} = {}): Promise<TransportServer> {
  const accept = createWebSocketAcceptor({
    maxMessageBytes: 16 * 1024,
    clock: systemClock,
    compression: true,
    ...options,
  });
  const arrived: Transport[] = [];
  const server = createServer();
  server.on('upgrade', (request, socket, head) =>
    accept(request, socket, head, {}, (transport) => void arrived.push(transport)),
  );
  const folder = overFile ? await mkdtemp(join(tmpdir(), 'transports-')) : undefined;
  const path = folder && join(folder, 'socket');
  await new Promise<void>((resolve) =>
    server.listen(path === undefined ? { port: 0, host: '127.0.0.1' } : { path }, resolve),
  );
  const address = server.address();
  const url = typeof address === 'string' ? `ws+unix://${address}:/` : `ws://127.0.0.1:${address?.port}`;
  const clients: WebSocket[] = [];

  return {
    async connect({ pieceBytes, ...clientOptions } = {}) {
      const client = new WebSocket(url, {
        perMessageDeflate: false,
        ...(path !== undefined && pieceBytes !== undefined
          ? { createConnection: () => connectInPieces(path, pieceBytes) }
          : {}),
        ...clientOptions,
      });
      clients.push(client);
      const { received, pongs } = overFile ? recordDigests(client) : recordAll(client);
      const frames = framesOfSocket(client);
      let stream: IncomingMessage['socket'] | undefined;
      client.on('upgrade', (response) => {
        stream = response.socket;
      });
      const transport = await waitFor('the transport', () => arrived.shift());
      const messages: { text: string; isBinary: boolean }[] = [];
      const ends: TransportEnd[] = [];
      const connection: Connection = {
        ...{ transport, client, messages, ends, received, pongs, frames },
        reset: () => void stream?.resetAndDestroy(),
        onControl: () => true,
        onDrain: () => {},
        bytesRead: () => stream?.bytesRead ?? 0,
      };
      transport.start({
        onMessage: (data, isBinary) => void messages.push({ text: data.toString(), isBinary }),
        onControl: () => connection.onControl(),
        onDrain: () => connection.onDrain(),
        onEnd: (end) => void ends.push(end),
      });
      await waitFor('the open client', () => client.readyState === WebSocket.OPEN);
      return connection;
    },
    async stop() {
      for (const client of clients) client.terminate();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      if (folder !== undefined) await rm(folder, { recursive: true });
    },
  };
}

function recordPongs(client: WebSocket) {
  const received: string[] = [];
  const pongs: string[] = [];
  client.on('pong', (payload) => pongs.push(payload.toString()));
  client.on('close', (code) => received.push(`<close ${code}>`));
  return { received, pongs };
}

function recordAll(client: WebSocket) {
  const { received, pongs } = recordPongs(client);
  client.on('message', (data) => received.push(data.toString()));
  client.on('ping', () => received.push('<ping>'));
  client.on('pong', (payload) => received.push(`<pong ${payload}>`));
  client.on('error', () => {});
  return { received, pongs };
}

function recordDigests(client: WebSocket) {
  const { received, pongs } = recordPongs(client);
  client.on('message', (data) => {
    if (Buffer.isBuffer(data)) received.push(digestOf(data));
  });
  client.on('error', ({ message }) => received.push(`<${message}>`));
  return { received, pongs };
}

/** A socket that asks the kernel for a few bytes at a time, and for no more until its reader had a turn. */
function connectInPieces(path: string, pieceBytes: number): Socket {
  const piece = Buffer.alloc(pieceBytes);
  const socket: Socket = connect({
    path,
    onread: {
      buffer: piece,
      callback(length) {
        socket.emit('data', Buffer.from(piece.subarray(0, length)));
        if (socket.isPaused()) return false;
        socket.pause();
        setImmediate(() => socket.resume());
        return false;
      },
    },
  });
  return socket;
}

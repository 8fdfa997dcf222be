import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientOptions, WebSocket } from 'ws';
import { systemClock } from '../../src/core/clock.ts';
import type { Transport } from '../../src/deliver/transport.ts';
import { createWebSocketAcceptor } from '../../src/transport/websocket-server.ts';
import { ServerFrames } from './server-frames.ts';
import { type Resource, waitFor } from './wait.ts';

export interface UnixConnectOptions {
  readonly deflate?: ClientOptions['perMessageDeflate'];
  /** Reads so many bytes at a time, and other things in between. Default: as much as there is. */
  readonly pieceBytes?: number | undefined;
}

/** Both ends of a WebSocket over a socket of the file system, whose buffer is small and fixed. */
export interface UnixConnection {
  readonly transport: Transport;
  readonly client: WebSocket;
  /** Digests of the messages that came, and the close code. */
  readonly received: readonly string[];
  /** Payloads of the pongs that came. */
  readonly pongs: readonly string[];
  readonly frames: ServerFrames;
  onDrain: () => void;
}

export const digestOf = (data: Buffer | string): string => createHash('sha1').update(data).digest('base64');

/** Transports that find the kernel full after some 200 KB: over TCP it takes megabytes. */
export async function startUnixTransports(
  directWrites: boolean,
): Promise<Resource & { connect(options?: UnixConnectOptions): Promise<UnixConnection> }> {
  const accept = createWebSocketAcceptor({
    maxMessageBytes: 16 * 1024,
    clock: systemClock,
    compression: true,
    directWrites,
  });
  const folder = await mkdtemp(join(tmpdir(), 'transports-'));
  const path = join(folder, 'socket');
  const arrived: Transport[] = [];
  const clients: WebSocket[] = [];
  const server = createServer();
  server.on('upgrade', (request, socket, head) =>
    accept(request, socket, head, (transport) => void arrived.push(transport)),
  );
  await new Promise<void>((resolve) => server.listen(path, resolve));

  return {
    async connect({ deflate = true, pieceBytes } = {}) {
      const client = new WebSocket(`ws+unix://${path}:/`, {
        perMessageDeflate: deflate,
        ...(pieceBytes === undefined ? {} : { createConnection: () => connectInPieces(path, pieceBytes) }),
      });
      clients.push(client);
      const received: string[] = [];
      const pongs: string[] = [];
      const frames = new ServerFrames();
      client.on('upgrade', ({ socket }: { socket: Socket }) => {
        client.on('open', () => socket.on('data', (chunk) => frames.read(chunk)));
      });
      client.on('message', (data) => {
        if (Buffer.isBuffer(data)) received.push(digestOf(data));
      });
      client.on('pong', (payload) => pongs.push(payload.toString()));
      client.on('close', (code) => received.push(`<close ${code}>`));
      client.on('error', ({ message }) => received.push(`<${message}>`));
      const transport = await waitFor('the transport', () => arrived.shift());
      const connection: UnixConnection = { transport, client, received, pongs, frames, onDrain: () => {} };
      transport.start({
        onMessage: () => {},
        onControl: () => true,
        onDrain: () => connection.onDrain(),
        onEnd: () => {},
      });
      await waitFor('the open client', () => client.readyState === WebSocket.OPEN);
      return connection;
    },
    async stop() {
      for (const client of clients) client.terminate();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await rm(folder, { recursive: true });
    },
  };
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

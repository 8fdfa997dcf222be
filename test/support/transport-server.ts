import { createServer, type IncomingMessage } from 'node:http';
import type { ClientOptions } from 'ws';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/core/clock.ts';
import type { Transport, TransportEnd } from '../../src/deliver/transport.ts';
import {
  createWebSocketAcceptor,
  type WebSocketServerOptions,
} from '../../src/transport/websocket-server.ts';
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
  /** What the client got: messages as their text, pings and pongs by name, and the close code. */
  readonly received: readonly string[];
  /** Bytes that the client read from its socket, handshake included. */
  bytesRead(): number;
}

/** WebSocket transports over real sockets on loopback, without sessions. */
export interface TransportServer extends Resource {
  connect(options?: ClientOptions): Promise<Connection>;
  stop(): Promise<void>;
}

/** Nothing given: as in the gateway, with compression for clients that offer it. */
export async function startTransportServer(
  options: Pick<Partial<WebSocketServerOptions>, 'random' | 'directWrites'> = {},
): Promise<TransportServer> {
  const accept = createWebSocketAcceptor({
    maxMessageBytes: 16 * 1024,
    clock: systemClock,
    compression: true,
    ...options,
  });
  const arrived: Transport[] = [];
  const server = createServer();
  server.on('upgrade', (request, socket, head) =>
    accept(request, socket, head, (transport) => void arrived.push(transport)),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const clients: WebSocket[] = [];

  return {
    async connect(clientOptions = {}) {
      const client = new WebSocket(`ws://127.0.0.1:${address.port}`, {
        perMessageDeflate: false,
        ...clientOptions,
      });
      clients.push(client);
      const received = record(client);
      let stream: IncomingMessage['socket'] | undefined;
      client.on('upgrade', (response) => {
        stream = response.socket;
      });
      const transport = await waitFor('the transport', () => arrived.shift());
      const messages: { text: string; isBinary: boolean }[] = [];
      const ends: TransportEnd[] = [];
      const connection: Connection = {
        transport,
        client,
        messages,
        ends,
        reset: () => void stream?.resetAndDestroy(),
        onControl: () => true,
        onDrain: () => {},
        received,
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
    },
  };
}

function record(client: WebSocket): string[] {
  const received: string[] = [];
  client.on('message', (data) => received.push(data.toString()));
  client.on('ping', () => received.push('<ping>'));
  client.on('pong', (payload) => received.push(`<pong ${payload}>`));
  client.on('close', (code) => received.push(`<close ${code}>`));
  client.on('error', () => {});
  return received;
}

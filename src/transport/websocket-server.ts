import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type PerMessageDeflateOptions, WebSocketServer } from 'ws';
import { destroyWithin } from '../core/clock.ts';
import type { Transport } from '../deliver/transport.ts';
import { windowByTerms } from './compression-window.ts';
import { Connection } from './connection.ts';
import { type WebSocketOptions, WebSocketTransport } from './websocket.ts';

export interface WebSocketServerOptions extends WebSocketOptions {
  /** Largest message taken from a client, in bytes; more closes with 1009. */
  readonly maxMessageBytes: number;
  /** Whether to agree to permessage-deflate (RFC 7692). */
  readonly compression: boolean;
}

/** Completes an upgrade that was let in. */
export type AcceptWebSocket = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  onTransport: (transport: Transport) => void,
) => void;

/** How long a client may take to answer a close frame before the socket is destroyed. */
const closeTimeoutMs = 5000;
/** Clients forget their window after each message of theirs, so that none need be kept here for them. */
const deflateOptions: PerMessageDeflateOptions = { clientNoContextTakeover: true };
const termsHeader = 'Sec-WebSocket-Extensions: ';

export function createWebSocketAcceptor(options: WebSocketServerOptions): AcceptWebSocket {
  const settings = {
    noServer: true,
    clientTracking: false,
    // Answered by the transport itself, which knows whether there is room for a pong.
    autoPong: false,
    perMessageDeflate: options.compression && deflateOptions,
    maxPayload: options.maxMessageBytes,
    closeTimeout: closeTimeoutMs,
    // A protocol may be offered that this endpoint only uses to carry a token.
    handleProtocols: (offered: Set<string>) => (offered.has('token') ? 'token' : false),
    WebSocket: Connection,
  } as const;
  const server = new WebSocketServer(settings);
  let terms = '';
  // Told of the response just before the client is handed over.
  server.on('headers', (lines) => {
    terms = lines.find((line) => line.startsWith(termsHeader)) ?? '';
  });
  return (request, socket, head, onTransport) => {
    let isAccepted = false;
    server.handleUpgrade(request, socket, head, (client) => {
      isAccepted = true;
      onTransport(new WebSocketTransport(client, socket, windowByTerms(terms), options));
    });
    // It was told what is wrong with its handshake.
    if (!isAccepted) destroyWithin(socket, closeTimeoutMs);
  };
}

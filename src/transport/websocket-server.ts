import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type PerMessageDeflateOptions, WebSocketServer } from 'ws';
import { destroyWithin } from '../core/clock.ts';
import type { Transport } from '../deliver/transport.ts';
import { WebSocketConnection } from './connection.ts';
import { windowByTerms } from './frames.ts';
import { type WebSocketOptions, WebSocketTransport } from './websocket.ts';

export interface WebSocketServerOptions extends WebSocketOptions {
  /** Largest message taken from a client, in bytes; more closes with 1009. */
  readonly maxMessageBytes: number;
  /** Whether to agree to permessage-deflate (RFC 7692). */
  readonly compression: boolean;
}

/** How long a client may take to answer a close frame before the socket is destroyed. */
const closeTimeoutMs = 5000;
/** Clients reset their window after each message that they send, so that none need be kept here for them. */
const deflateOptions: PerMessageDeflateOptions = { clientNoContextTakeover: true };
const termsHeader = 'Sec-WebSocket-Extensions: ';

/** Returns what completes an upgrade that was let in. */
export function createWebSocketAcceptor(options: WebSocketServerOptions) {
  const settings = {
    noServer: true,
    clientTracking: false,
    // The transport answers: it knows whether there is room for a pong.
    autoPong: false,
    perMessageDeflate: options.compression && deflateOptions,
    maxPayload: options.maxMessageBytes,
    closeTimeout: closeTimeoutMs,
    // A subprotocol may be offered to carry a token.
    handleProtocols: (offered: Set<string>) => (offered.has('token') ? 'token' : false),
    WebSocket: WebSocketConnection,
  } as const;
  const server = new WebSocketServer(settings);
  let terms = '';
  // Emitted just before the client is handed over.
  server.on('headers', (lines) => {
    terms = lines.find((line) => line.startsWith(termsHeader)) ?? '';
  });
  return (
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    onTransport: (transport: Transport) => void,
  ): void => {
    let isAccepted = false;
    server.handleUpgrade(request, socket, head, (client) => {
      isAccepted = true;
      onTransport(new WebSocketTransport(client, socket, windowByTerms(terms), options));
    });
    // ws has answered what is wrong with the handshake.
    if (!isAccepted) destroyWithin(socket, closeTimeoutMs);
  };
}

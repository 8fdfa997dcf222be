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
export const closeTimeoutMs = 5000;
/** Clients reset their window after each message that they send, so that none need be kept here for them. */
const deflateOptions: PerMessageDeflateOptions = { clientNoContextTakeover: true };
const termsHeader = 'Sec-WebSocket-Extensions: ';

/** Longer ones are no names, but data for somebody. */
const maxSubprotocolLength = 64;
/** Base64url of what begins with a brace, and a quote or white space: the header of a token. */
const likeToken = /^e[wy][\w-]*\.[\w-]*\./;

/**
 * The subprotocol that is agreed to. `token` may be offered to carry a token, which is never sent back. Of others a
 * client that offers one only takes no connection without it (RFC 6455 §4.1; browsers do the same): it is agreed to,
 * whatever it means, unless it may be a secret. Among several nobody can choose here.
 * @param offered as the client prefers them
 */
function chosenSubprotocol(offered: ReadonlySet<string>): string | undefined {
  if (offered.has('token')) return 'token';
  const [only = '', ...others] = offered;
  const isName = others.length === 0 && only.length <= maxSubprotocolLength && !likeToken.test(only);
  return isName ? only : undefined;
}

/** Of every `ws` server here, whatever the messages are. */
export const webSocketDefaults = {
  noServer: true,
  clientTracking: false,
  // The transport answers: it knows whether there is room for a pong.
  autoPong: false,
  closeTimeout: closeTimeoutMs,
  handleProtocols: (offered: Set<string>) => chosenSubprotocol(offered) ?? false,
} as const;

/** Returns what completes an upgrade that was let in. */
export function createWebSocketAcceptor(options: WebSocketServerOptions) {
  const settings = {
    ...webSocketDefaults,
    perMessageDeflate: options.compression && deflateOptions,
    maxPayload: options.maxMessageBytes,
    WebSocket: WebSocketConnection,
  } as const;
  const server = new WebSocketServer(settings);
  let terms = '';
  let further: Readonly<Record<string, string>> = {};
  // Emitted just before the client is handed over.
  server.on('headers', (lines) => {
    terms = lines.find((line) => line.startsWith(termsHeader)) ?? '';
    lines.push(...Object.entries(further).map(([name, value]) => `${name}: ${value}`));
  });
  return (
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    headers: Readonly<Record<string, string>>,
    onTransport: (transport: Transport) => void,
  ): void => {
    let isAccepted = false;
    further = headers;
    server.handleUpgrade(request, socket, head, (client) => {
      isAccepted = true;
      onTransport(new WebSocketTransport(client, socket, windowByTerms(terms), options));
    });
    // ws has answered what is wrong with the handshake.
    if (!isAccepted) destroyWithin(socket, closeTimeoutMs);
  };
}

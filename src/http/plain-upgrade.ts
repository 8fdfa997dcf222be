import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Whether the protocol that a request offers is the one that is spoken here besides HTTP. */
export function offersWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/**
 * Answers a request that offers another protocol as if it offered none (RFC 9110 §7.8). `h2c` comes with every
 * request of Java's HttpClient and of `curl --http2`.
 *
 * Once there is a listener for upgrades, Node takes every such request for one (before 24.9 it cannot be told not to)
 * and hands the connection over where the header ends, body unread. So the header is put back without the offer,
 * before whatever follows it, and the connection is begun anew: it is bounded, kept alive and closed like any other.
 */
export function serveWithoutUpgrade(
  server: Server,
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${value}`);
  }
  if (head.length > 0) socket.unshift(head);
  // Node reads headers byte by byte as characters.
  socket.unshift(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'));
  server.emit('connection', socket);
}

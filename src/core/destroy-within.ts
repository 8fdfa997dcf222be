import type { Duplex } from 'node:stream';

/**
 * Destroys a socket that has been told its last, at the latest after `ms`: a peer that reads nothing would keep what it
 * was told, and the socket with it, for as long as it likes.
 */
export function destroyWithin(socket: Duplex, ms: number): void {
  const timer = setTimeout(() => socket.destroy(), ms).unref();
  socket.once('close', () => clearTimeout(timer));
}

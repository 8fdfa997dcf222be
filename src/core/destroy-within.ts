import { systemClock } from './clock.ts';

/** What can be destroyed, and tells of its end. */
interface Destroyable {
  destroy(): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/**
 * Destroys a socket that has been told its last, at the latest after `ms`: a peer that reads nothing would keep what it
 * was told, and the socket with it, for as long as it likes.
 */
export function destroyWithin(socket: Destroyable, ms: number): void {
  socket.once(
    'close',
    systemClock.after(ms, () => socket.destroy()),
  );
}

import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps the sockets of servers below what the process can hold open, so that descriptors are left for the way to the
 * engine, and a newcomer is heard: where all places are taken, the socket goes that has been without a request for
 * longest.
 */
export class SocketPlaces {
  readonly #max: number;
  /** Of sockets without a request under way, that of the longest first. */
  readonly #idle = new Set<Socket>();
  readonly #known = new WeakSet<Socket>();
  #count = 0;

  /** @param max sockets at once */
  constructor(max: number) {
    this.#max = max;
  }

  watch(server: Server): void {
    server.on('connection', (socket) => {
      // One that offered another protocol is begun anew, and is still one.
      const isKnown = this.#known.has(socket);
      this.#idle.add(socket);
      if (isKnown) return;
      this.#known.add(socket);
      this.#count += 1;
      socket.once('close', () => {
        this.#count -= 1;
        this.#idle.delete(socket);
      });
      if (this.#count > this.#max) this.#makeRoom();
    });
    server.on('request', ({ socket }, response) => {
      this.#idle.delete(socket);
      response.once('close', () => {
        if (!socket.destroyed) this.#idle.add(socket);
      });
    });
    // How many of these there may be, the connection limits say.
    server.on('upgrade', ({ socket }) => void this.#idle.delete(socket));
  }

  #makeRoom(): void {
    for (const socket of this.#idle) {
      this.#idle.delete(socket);
      socket.destroy();
      return;
    }
  }
}

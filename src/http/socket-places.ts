import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { offersWebSocket } from './upgrade.ts';

export interface SocketPlacesOptions {
  /** Sockets at once, of whatever kind. Undefined: not bounded. */
  readonly max: number | undefined;
  /** Sockets at once of one peer that are no connections which last. 0: not bounded. */
  readonly maxPerPeer: number;
  /** What is counted as one peer; undefined: many may be behind it. */
  readonly peerOf: (socket: Socket) => string | undefined;
}

/** Sockets beyond the bounds, for requests that must be heard whoever holds all the others. */
const vitalPlaces = 16;

/**
 * Keeps the sockets of servers below what the process can hold open, so that descriptors are left for the way to the
 * engine, and a newcomer is heard: where all places are taken, the socket goes that has been without a request for
 * longest. Where none is without, some more are let in, for what is vital.
 */
export class SocketPlaces {
  readonly #options: SocketPlacesOptions;
  /** Of sockets without a request under way, that of the longest first. */
  readonly #idle = new Set<Socket>();
  readonly #perPeer = new Map<string, Set<Socket>>();
  readonly #known = new WeakSet<Socket>();
  readonly #beyond = new Set<Socket>();
  /** Requests that are not answered yet. */
  readonly #asked = new WeakMap<Socket, number>();
  readonly #upgraded = new WeakSet<Socket>();
  /** One for all sockets, each of which it is called on: a closure for each would be held by each. */
  readonly #onClose: (this: Socket) => void;
  #count = 0;

  constructor(options: SocketPlacesOptions) {
    this.#options = options;
    const places = this;
    this.#onClose = function () {
      places.#closed(this);
    };
  }

  watch(server: Server): void {
    server.on('connection', (socket) => {
      // One that offered another protocol is begun anew, and is still one.
      const isKnown = this.#known.has(socket);
      this.#idle.add(socket);
      if (!isKnown) this.#add(socket);
    });
    server.on('request', ({ socket }, response) => {
      this.#idle.delete(socket);
      const asked = (this.#asked.get(socket) ?? 0) + 1;
      this.#asked.set(socket, asked);
      response.once('close', () => this.#answered(socket));
    });
    // How many of these there may be, the connection limits say. Another protocol is none that is spoken here.
    server.on('upgrade', (request) => {
      if (!offersWebSocket(request)) return;
      const { socket } = request;
      this.#idle.delete(socket);
      this.#upgraded.add(socket);
      this.#forgetPeer(socket);
      this.#beyond.delete(socket);
    });
  }

  /** Whether its socket was let in for what is vital only, and there still is no other place. */
  isForVitalOnly({ socket }: IncomingMessage): boolean {
    if (!this.#beyond.delete(socket)) return false;
    // Counted with the others now: is there a place for it?
    if (this.#isOverBounds(socket)) this.#beyond.add(socket);
    return this.#beyond.has(socket);
  }

  #add(socket: Socket): void {
    this.#known.add(socket);
    this.#count += 1;
    const peer = this.#options.peerOf(socket);
    if (peer !== undefined) this.#perPeer.set(peer, (this.#perPeer.get(peer) ?? new Set()).add(socket));
    socket.on('close', this.#onClose);
    if (this.#isOverBounds(socket)) this.#makeRoomFor(socket);
  }

  #closed(socket: Socket): void {
    this.#count -= 1;
    this.#idle.delete(socket);
    this.#beyond.delete(socket);
    this.#forgetPeer(socket);
  }

  #isOverBounds(socket: Socket): boolean {
    const { max = Number.POSITIVE_INFINITY } = this.#options;
    return this.#count - this.#beyond.size > max || this.#isPeerOver(socket);
  }

  #isPeerOver(socket: Socket): boolean {
    const { maxPerPeer } = this.#options;
    return maxPerPeer > 0 && (this.#peersOf(socket)?.size ?? 0) > maxPerPeer;
  }

  #peersOf(socket: Socket): Set<Socket> | undefined {
    const peer = this.#options.peerOf(socket);
    return peer === undefined ? undefined : this.#perPeer.get(peer);
  }

  #makeRoomFor(newcomer: Socket): void {
    const candidates = this.#isPeerOver(newcomer) ? this.#peersOf(newcomer) : this.#idle;
    for (const socket of candidates ?? []) {
      if (socket === newcomer || !this.#idle.delete(socket)) continue;
      socket.destroy();
      // Its place is what the newcomer has, of whichever kind.
      if (this.#beyond.delete(socket)) this.#beyond.add(newcomer);
      return;
    }
    if (this.#beyond.size >= vitalPlaces) newcomer.destroy();
    else this.#beyond.add(newcomer);
  }

  #answered(socket: Socket): void {
    const left = (this.#asked.get(socket) ?? 1) - 1;
    this.#asked.set(socket, left);
    if (left === 0 && !socket.destroyed && !this.#upgraded.has(socket)) this.#becomeIdle(socket);
  }

  #becomeIdle(socket: Socket): void {
    this.#idle.add(socket);
    const sockets = this.#peersOf(socket);
    // Last of them, too.
    if (sockets?.delete(socket)) sockets.add(socket);
  }

  #forgetPeer(socket: Socket): void {
    const peer = this.#options.peerOf(socket);
    if (peer !== undefined) this.#forgetOf(peer, socket);
  }

  #forgetOf(peer: string, socket: Socket): void {
    const sockets = this.#perPeer.get(peer);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#perPeer.delete(peer);
  }
}

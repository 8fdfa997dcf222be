import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { offersWebSocket } from './upgrade.ts';

export interface SocketPlacesOptions {
  /** Sockets in all. Undefined: not bounded. */
  readonly max: number | undefined;
  /** Sockets of one peer, upgraded ones not counted. 0: not bounded. */
  readonly maxPerPeer: number;
  /** Key by which sockets are counted as one peer's; undefined: many clients may be behind it. */
  readonly peerOf: (socket: Socket) => string | undefined;
}

/** Sockets beyond the bounds, for requests that must always be answered. */
const vitalPlaces = 16;

/**
 * Bounds the sockets of servers, so that file descriptors are left for the engine. Where all places are taken, a new
 * socket displaces the one that has been idle for longest; where none is idle, some more are accepted for vital
 * requests only.
 */
export class SocketPlaces {
  readonly #options: SocketPlacesOptions;
  /** Sockets without a request under way, longest idle first. */
  readonly #idle = new Set<Socket>();
  readonly #perPeer = new Map<string, Set<Socket>>();
  readonly #known = new WeakSet<Socket>();
  readonly #beyond = new Set<Socket>();
  /** Number of requests not answered yet. */
  readonly #asked = new WeakMap<Socket, number>();
  readonly #upgraded = new WeakSet<Socket>();
  /** Shared by all sockets, which are its `this`: a closure each would cost memory per socket. */
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
      // A socket that offered another protocol is emitted again, see `serveWithoutUpgrade`.
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
    // The connection limits bound WebSockets; other protocols are not upgraded to.
    server.on('upgrade', (request) => {
      if (!offersWebSocket(request)) return;
      const { socket } = request;
      this.#idle.delete(socket);
      this.#upgraded.add(socket);
      this.#forgetPeer(socket);
      this.#beyond.delete(socket);
    });
  }

  /** Whether its socket was accepted for vital requests only, and there is still no other place. */
  isForVitalOnly({ socket }: IncomingMessage): boolean {
    if (!this.#beyond.delete(socket)) return false;
    // Counted with the others now.
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
      // The newcomer takes over its kind of place.
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
    // Moves it to the end.
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

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Those who wait for their turn on a socket, to be told that it closed. */
const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Whether the answer to a request can be sent, once those to the requests before it on the same socket have been: an
 * answer that never ends may be one of them. Until then the client is told nothing and must hold nothing here, since
 * nobody says of an answer that has not come to its socket yet when that closes. False: it closed.
 */
export function answerTurn(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  const { socket } = request;
  if (response.destroyed || socket.destroyed) return Promise.resolve(false);
  if (response.socket !== null) return Promise.resolve(true);
  return new Promise((resolve) => {
    const others = waitersOn(socket);
    const left = (): void => resolve(false);
    others.add(left);
    response.once('socket', () => {
      others.delete(left);
      resolve(true);
    });
  });
}

/** With one listener, however many wait. */
function waitersOn(socket: Socket): Set<() => void> {
  const known = waiting.get(socket);
  if (known !== undefined) return known;
  const waiters = new Set<() => void>();
  waiting.set(socket, waiters);
  socket.once('close', () => {
    for (const left of waiters) left();
  });
  return waiters;
}

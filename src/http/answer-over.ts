import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What waits for the end of each socket: one listener, however many requests a client sends at once. */
const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls the task once, when an answer has been sent or can no longer be. An answer that waits for those before it on
 * its connection hears nothing from Node when that ends.
 */
export function whenAnswerOver(
  { socket }: Pick<IncomingMessage, 'socket'>,
  response: ServerResponse,
  task: () => void,
): void {
  const over = (): void => {
    response.off('close', over);
    waiting.get(socket)?.delete(over);
    task();
  };
  if (socket.destroyed || response.destroyed) {
    task();
    return;
  }
  response.once('close', over);
  const tasks = waiting.get(socket);
  if (tasks !== undefined) {
    tasks.add(over);
    return;
  }
  const first = new Set([over]);
  waiting.set(socket, first);
  socket.once('close', () => {
    for (const each of first) each();
  });
}

import type { ServerResponse } from 'node:http';

/** Calls the task once, when an answer has been sent or can no longer be: its turn on the socket has come before. */
export function whenAnswerOver(response: ServerResponse, task: () => void): void {
  if (response.destroyed) task();
  else response.once('close', task);
}

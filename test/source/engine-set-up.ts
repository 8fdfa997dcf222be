import { Engine } from '../../src/source/engine.ts';
import { createTestContext } from '../support/context.ts';

export const never = new AbortController().signal;

/** An engine that answers when the test says so. */
export function setUpEngine() {
  const { clock, meter, board } = createTestContext();
  const waiting: { resolve(): void; reject(error: Error): void }[] = [];
  const asked: { resolve(status: number): void; reject(error: Error): void }[] = [];
  let closed = false;
  const engine = new Engine({
    board,
    clock,
    meter,
    client: {
      get: (path) => new Promise((resolve, reject) => waiting.push({ resolve: () => resolve(path), reject })),
      ask: (body) =>
        new Promise((resolve, reject) =>
          asked.push({
            resolve: (status) => resolve({ status, contentType: undefined, retryAfter: undefined, body }),
            reject,
          }),
        ),
      forward: () => Promise.reject(new Error('nothing is forwarded')),
      close: async () => {
        closed = true;
      },
    },
  });
  const turns: number[] = [];
  const stop = board.onChange((_name, change) => void (change === 'turned' && turns.push(clock.monotonic())));
  const request = async (ms: number, failure?: Error): Promise<unknown> => {
    const answer = engine.get('/state', never);
    clock.advance(ms);
    const one = waiting.shift();
    if (failure === undefined) one?.resolve();
    else one?.reject(failure);
    return await answer.catch((error: unknown) => error);
  };
  /** A request of somebody else's, which ends with a status or a failure. */
  const forward = async (end: number | Error, signal = never): Promise<unknown> => {
    const ended = new AbortController();
    const answer = engine.ask('/messages', ended.signal, { client: 'a', path: 'messages' });
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (signal.aborted) ended.abort(signal.reason);
    clock.advance(1);
    const one = asked.shift();
    if (typeof end === 'number') one?.resolve(end);
    else one?.reject(end);
    return await answer.catch((error: unknown) => error);
  };
  const open = (name: string) => board.open(name, { freshMs: () => 1000, isConnection: name === 'redis' });
  return { clock, meter, engine, turns, stop, request, forward, open, isClosed: () => closed };
}

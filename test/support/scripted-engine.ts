import { createServer, type ServerResponse } from 'node:http';
import type { JsonObject } from '../../src/core/json.ts';
import { type Resource, waitFor } from './wait.ts';

/** A request for the state that waits for its answer. */
export interface StateRequest {
  answer(state: JsonObject): void;
}

/** An engine over real HTTP that answers state requests when the test says so, and the others at once. */
export interface ScriptedEngine extends Resource {
  readonly url: string;
  /** The oldest state request not returned yet. */
  nextRequest(): Promise<StateRequest>;
  /** From now on every state request is answered at once with this. */
  answerAll(state: () => JsonObject): void;
  stop(): Promise<void>;
}

export async function startScriptedEngine(): Promise<ScriptedEngine> {
  const waiting: StateRequest[] = [];
  let always: (() => JsonObject) | undefined;
  const reply = (response: ServerResponse, body: JsonObject): void => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const server = createServer((request, response) => {
    if (!request.url?.startsWith('/api/system/state/current')) reply(response, {});
    else if (always !== undefined) reply(response, always());
    else waiting.push({ answer: (state) => reply(response, state) });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    nextRequest: () => waitFor('a request for the state', () => waiting.shift()),
    answerAll(state) {
      always = state;
      for (const request of waiting.splice(0)) request.answer(state());
    },
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

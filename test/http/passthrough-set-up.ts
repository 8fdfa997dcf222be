import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { systemClock } from '../../src/core/clock.ts';
import { addPassthrough, type PassthroughOptions } from '../../src/http/passthrough.ts';
import { Paths } from '../../src/http/paths.ts';
import { HttpServer } from '../../src/http/server.ts';
import { Engine } from '../../src/source/engine.ts';
import { EngineClient } from '../../src/source/engine-client.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';
import type { TestScope } from '../support/wait.ts';
import { anyNumber, routerFor } from './http-set-up.ts';

export interface Seen {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export const anybody = { anonymous: true, client: 'address 127.0.0.1' } as const;

/** An engine that notes what it is asked, and a gateway that forwards `/api/instances` to it. */
export async function startPassthrough(
  test: TestScope,
  { engineToken, ...options }: Partial<PassthroughOptions> & { readonly engineToken?: string } = {},
  answer: (response: ServerResponse, request: IncomingMessage) => void = (response) => response.end('ok'),
) {
  const seen: Seen[] = [];
  const engine = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      seen.push({ method, target: url, headers, body: Buffer.concat(chunks).toString() });
      answer(response, request);
    });
  });
  await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve));
  const address = engine.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const stopEngine = () => {
    engine.closeAllConnections();
    return new Promise<void>((resolve) => engine.close(() => resolve()));
  };

  const { router, log } = routerFor();
  const engineUrl = `http://127.0.0.1:${address.port}/base`;
  const meter = createMemoryMeter();
  const client = new EngineClient({ url: engineUrl, token: engineToken });
  const forwarding = new Engine({ client, board: { lastAnswerAt: undefined }, clock: systemClock, meter });
  addPassthrough(router, {
    prefixes: ['/api/instances'],
    paths: new Paths(),
    engine: forwarding,
    engineUrl,
    furtherHeaders: [],
    authorise: async () => anybody,
    take: () => undefined,
    clock: systemClock,
    meter,
    log,
    ...options,
  });
  const server = new HttpServer(router, { handle: () => {} }, log, {
    port: 0,
    extraPorts: [],
    places: anyNumber,
    host: '127.0.0.1',
  });
  const port = await server.listen();
  test.onTestFinished(async () => {
    server.close();
    await forwarding.close();
    await stopEngine();
  });
  return { seen, log, port, stopEngine, url: `http://127.0.0.1:${port}/api/instances` };
}

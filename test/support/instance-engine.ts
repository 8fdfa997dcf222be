import { createServer } from 'node:http';
import type { JsonObject } from '../../src/core/json.ts';
import type { Resource } from './wait.ts';

/** An engine over real HTTP with such instances as the test gives it. */
export interface InstanceEngine extends Resource {
  readonly url: string;
  /** What it lists from now on; `hangs`: it does not answer at all. */
  set(instances: readonly JsonObject[] | 'hangs'): void;
  stop(): Promise<void>;
}

/** An instance as engines list it. */
export function listed(name: string, more: JsonObject = {}): JsonObject {
  return { name, status: 'running', port: 18_801, pid: 7, archived_at: null, ...more };
}

/** @param once after one answer it hangs */
export async function startInstanceEngine(
  first: readonly JsonObject[] | 'hangs' = [],
  { once = false } = {},
): Promise<InstanceEngine> {
  let instances = first;
  const server = createServer((request, response) => {
    const isList = request.url?.startsWith('/api/instances') === true;
    if (isList && instances === 'hangs') return;
    const body = isList ? { instances } : {};
    if (isList && once) instances = 'hangs';
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    set(next) {
      instances = next;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

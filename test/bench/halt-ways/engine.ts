import { createServer } from 'node:http';
import type { Resource } from '../../support/wait.ts';
import { monotonicMs } from '../monotonic.ts';

/** A command as the engine logged it. */
export interface Logged {
  readonly line: string;
  /** ms of the clock that all processes share. */
  readonly at: number;
}

/** An engine that does as it is told, and keeps a log of that. */
export interface LoggingEngine extends Resource {
  readonly url: string;
  readonly log: readonly Logged[];
}

export async function startLoggingEngine(): Promise<LoggingEngine> {
  const log: Logged[] = [];
  let status = 'ACTIVE';
  const server = createServer((request, response) => {
    const at = monotonicMs();
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      if (request.method === 'POST') {
        log.push({ at, line: `POST ${request.url} ${body}` });
        status = request.url?.endsWith('halt') ? 'HALT' : 'ACTIVE';
      }
      response.end(JSON.stringify({ status, timestamp: new Date().toISOString() }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    log,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

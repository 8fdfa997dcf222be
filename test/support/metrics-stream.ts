import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { type Resource, waitFor } from './wait.ts';

/** A request for the stream of metrics. */
export interface MetricsViewer {
  /** Path and query. */
  readonly url: string;
  readonly authorization: string | undefined;
  /** Whether the client has left. */
  readonly isGone: boolean;
  /** Answers 200, where nothing was answered yet, and sends this. */
  send(text: string): void;
  refuse(status: number, body?: object, headers?: OutgoingHttpHeaders): void;
  /** Ends the connection, whatever was answered. */
  cut(): void;
}

/** Whoever serves the stream of metrics, over real HTTP: what comes is up to the test. */
export interface MetricsStream extends Resource {
  readonly url: string;
  /** All that came, oldest first. */
  readonly viewers: readonly MetricsViewer[];
  /** The oldest not returned yet. */
  nextViewer(): Promise<MetricsViewer>;
}

/** Figures, as the stream brings them. */
export const figuresEvent = (figures: object): string => `id: e-1\ndata: ${JSON.stringify(figures)}\n\n`;
export const faultEvent = (fault: object): string => `event: error_info\ndata: ${JSON.stringify(fault)}\n\n`;

export async function startMetricsStream(): Promise<MetricsStream> {
  const viewers: MetricsViewer[] = [];
  let taken = 0;
  const server = createServer((request, response) => viewers.push(viewerOf(request, response)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    viewers,
    async nextViewer() {
      const viewer = await waitFor('a request for the stream', () => viewers[taken]);
      taken += 1;
      return viewer;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function viewerOf(request: IncomingMessage, response: ServerResponse): MetricsViewer {
  let isGone = false;
  response.on('close', () => {
    isGone = true;
  });
  return {
    url: request.url ?? '',
    authorization: request.headers.authorization,
    get isGone() {
      return isGone;
    },
    send(text) {
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(text);
    },
    refuse(status, body = {}, headers = {}) {
      const all = { 'content-type': 'application/problem+json', ...headers };
      response.writeHead(status, all).end(JSON.stringify(body));
    },
    cut() {
      response.destroy();
    },
  };
}

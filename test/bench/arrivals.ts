import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Resource } from '../support/wait.ts';
import { monotonicMs } from './monotonic.ts';

const channel = 'http.server.request.start';

/** When requests arrived at the servers of this process. */
export interface Arrivals extends Resource {
  /** That of the newest request. NaN: there was none. */
  readonly lastAt: number;
}

/** @param path of the requests that count */
export function watchArrivals(path: string): Arrivals {
  let lastAt = Number.NaN;
  // Node tells of a request as soon as its head is read, before any handler is called.
  const onRequest = (message: unknown): void => {
    const { request } = message as { readonly request: IncomingMessage };
    if (request.url === path) lastAt = monotonicMs();
  };
  subscribe(channel, onRequest);
  return {
    get lastAt() {
      return lastAt;
    },
    stop: () => void unsubscribe(channel, onRequest),
  };
}

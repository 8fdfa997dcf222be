import type { Fetch, Unsubscribe, WebSocketConstructor } from './types.ts';

interface EventTargetLike {
  addEventListener?(type: string, listener: () => void, options: { readonly signal: AbortSignal }): void;
}

/** What browsers, workers and versions of Node have or have not. */
interface Platform extends EventTargetLike {
  readonly fetch?: Fetch;
  readonly WebSocket?: WebSocketConstructor;
  readonly document?: EventTargetLike & { readonly baseURI: string };
  /** Of the page, or the worker. Node has none. */
  readonly origin?: string;
  /** Node has none. */
  readonly reportError?: (error: unknown) => void;
  readonly console: { readonly error: (error: unknown) => void };
}

export const platform: Platform = globalThis;

/**
 * Calls back when the machine is back on the network, and when the page is looked at again, or left: either is a
 * good time to see to the connection, since browsers let hidden pages sleep.
 */
export function onWake(wake: () => void): Unsubscribe {
  // Its `signal` removes the listeners.
  const leaving = new AbortController();
  platform.addEventListener?.('online', wake, leaving);
  platform.document?.addEventListener?.('visibilitychange', wake, leaving);
  return () => leaving.abort();
}

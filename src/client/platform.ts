import type { Fetch, Unsubscribe, WebSocketConstructor } from './types.ts';

interface EventTargetLike {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/** What browsers, workers and versions of Node have or have not. */
interface Platform extends EventTargetLike {
  readonly fetch?: Fetch;
  readonly WebSocket?: WebSocketConstructor;
  readonly document?: EventTargetLike & { readonly baseURI: string };
  reportError?(error: unknown): void;
}

export const platform: Platform = globalThis;

/**
 * Calls back when the machine is back on the network, and when the page is looked at again, or left: either is a
 * good time to see to the connection, since browsers let hidden pages sleep.
 */
export function onWake(wake: () => void): Unsubscribe {
  const page = platform.document;
  platform.addEventListener?.('online', wake);
  page?.addEventListener?.('visibilitychange', wake);
  return () => {
    platform.removeEventListener?.('online', wake);
    page?.removeEventListener?.('visibilitychange', wake);
  };
}

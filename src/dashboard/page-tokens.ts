import type { TelemetryClient } from '../client/index.ts';
import { readFragmentToken } from './model/page-settings.ts';
import { passing } from './page-storage.ts';

const storageKey = 'token';

/** The token that the page connects with, where it has one. */
export interface PageTokens {
  readonly current: string | undefined;
  /** Connects anew with this token; undefined: without one. */
  use(token: string | undefined): void;
  /** Whether the gateway accepts it. It also counts as refused where there is none and the gateway wants one. */
  judged(isRefused: boolean): void;
  /** Calls back at once, and on each judgement. */
  readonly onJudged: (listener: (isRefused: boolean) => void) => () => void;
}

/**
 * Takes the token out of the address (`#token=…`), where it would be seen and bookmarked, and keeps it for as long as
 * this tab is open.
 */
export function createPageTokens(): PageTokens {
  const given = readFragmentToken(location.hash);
  if (given !== undefined) {
    passing.write(storageKey, given);
    history.replaceState(null, '', location.pathname + location.search);
  }
  const listeners = new Set<(isRefused: boolean) => void>();
  let isRefused = false;
  return {
    current: given ?? passing.read(storageKey),
    use(token) {
      passing.write(storageKey, token);
      // Everything that was shown may have been for another role.
      location.reload();
    },
    judged(next) {
      isRefused = next;
      for (const listener of listeners) listener(next);
    },
    onJudged(listener) {
      listeners.add(listener);
      listener(isRefused);
      return () => listeners.delete(listener);
    },
  };
}

/** A browser does not say why a WebSocket was refused: where one fails, asks over HTTP whether it is for the token. */
export function watchForRefusals(client: TelemetryClient, tokens: PageTokens): void {
  const headers = tokens.current === undefined ? {} : { authorization: `Bearer ${tokens.current}` };
  const ask = async (): Promise<void> => {
    const { ok, status } = await fetch('api/telemetry', { method: 'HEAD', headers, cache: 'no-store' });
    const isRefused = status === 401 || status === 403;
    if (ok || isRefused) tokens.judged(isRefused);
  };
  client.on('state', ({ transport, reason }) => {
    if (transport !== undefined) tokens.judged(false);
    // A gateway that is not there at all refuses nobody.
    else if (reason !== '') ask().catch(() => {});
  });
}

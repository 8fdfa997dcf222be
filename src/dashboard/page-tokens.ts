import { readFragmentToken } from './model/page-settings.ts';
import { passing } from './page-storage.ts';

const storageKey = 'token';

/** The token that the page connects with, where it has one. */
export interface PageTokens {
  readonly current: string | undefined;
  /** Connects anew with this token; undefined: without one. */
  use(token: string | undefined): void;
  /** The gateway wants a token, or another one. */
  refused(): void;
  /** Calls back on each refusal, and at once where there was one. */
  readonly onRefused: (listener: () => void) => () => void;
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
  const listeners = new Set<() => void>();
  let isRefused = false;
  return {
    current: given ?? passing.read(storageKey),
    use(token) {
      passing.write(storageKey, token);
      // Everything that was shown may have been for another role.
      location.reload();
    },
    refused() {
      isRefused = true;
      for (const listener of listeners) listener();
    },
    onRefused(listener) {
      listeners.add(listener);
      if (isRefused) listener();
      return () => listeners.delete(listener);
    },
  };
}

import { readFragmentToken } from './model/page-settings.ts';
import { passing } from './page-storage.ts';

const storageKey = 'token';

/**
 * The token that the page connects with, where it has one. It is taken out of the address (`#token=…`), where it would
 * be seen and bookmarked, and kept for as long as this tab is open.
 */
export class PageTokens {
  #current: string | undefined;

  constructor() {
    const given = readFragmentToken(location.hash);
    if (given !== undefined) history.replaceState(null, '', location.pathname + location.search);
    this.keep(given ?? passing.read(storageKey));
  }

  get current(): string | undefined {
    return this.#current;
  }

  /** Undefined: none from now on. */
  keep(token: string | undefined): void {
    passing.write(storageKey, token);
    this.#current = token;
  }
}

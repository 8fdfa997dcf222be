import { readFragmentToken, withoutFragmentToken } from './model/page-settings.ts';
import { passing } from './page-storage.ts';

const storageKey = 'token';

/**
 * The token that the page connects with, where it has one. It is taken out of the address (`#token=…`), where it would
 * be seen and bookmarked, and kept for as long as this tab is open.
 */
export class PageTokens {
  #current: string | undefined;
  readonly #listeners = new Set<() => void>();

  constructor() {
    const given = readFragmentToken(location.hash);
    if (given !== undefined) {
      const { pathname, search, hash } = location;
      history.replaceState(null, '', pathname + search + withoutFragmentToken(hash));
    }
    this.keep(given ?? passing.read(storageKey));
  }

  get current(): string | undefined {
    return this.#current;
  }

  /** Undefined: none from now on. */
  keep(token: string | undefined): void {
    passing.write(storageKey, token);
    this.#current = token;
    for (const listener of this.#listeners) listener();
  }

  readonly onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

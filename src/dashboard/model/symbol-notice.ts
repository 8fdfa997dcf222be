/** The symbol that was asked for last and that the engine does not know: told until another one is asked for. */
export class SymbolNotice {
  readonly #listeners = new Set<(symbol: string | undefined) => void>();
  #symbol: string | undefined;

  /** Undefined: the engine knows what was asked for, or nothing was. */
  set(symbol: string | undefined): void {
    this.#symbol = symbol;
    for (const listener of this.#listeners) listener(symbol);
  }

  /** Calls back at once, and on each change. */
  readonly onChange = (listener: (symbol: string | undefined) => void): (() => void) => {
    this.#listeners.add(listener);
    listener(this.#symbol);
    return () => this.#listeners.delete(listener);
  };
}

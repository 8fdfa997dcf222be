/** What is used of `navigator.locks`, which pages on `https` and `localhost` have. */
export interface LockManagerLike {
  request(
    name: string,
    options: { readonly signal: AbortSignal },
    callback: () => Promise<void> | void,
  ): Promise<unknown>;
}

/** Holds a lock until it is aborted, or the page is no more, however that came about. */
export function holdLock(
  locks: LockManagerLike,
  name: string,
  signal: AbortSignal,
  onHeld: () => void,
): void {
  const hold = (): Promise<void> =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve());
      if (signal.aborted) resolve();
      else onHeld();
    });
  locks.request(name, { signal }, hold).catch(() => {
    // Aborted, or not permitted here: nobody relies on it before it is held.
  });
}

/** Calls back when nobody holds the lock any more. */
export function onLockFree(
  locks: LockManagerLike,
  name: string,
  signal: AbortSignal,
  onFree: () => void,
): void {
  const tell = (): void => {
    if (!signal.aborted) onFree();
  };
  locks.request(name, { signal }, tell).catch(() => {
    // As above: then silence tells.
  });
}

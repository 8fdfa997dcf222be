import type { LockManagerLike } from '../../../src/client/share/index.ts';

interface Request<Owner> {
  readonly owner: Owner;
  /** Resolves when it gives the lock back by itself. */
  grant(): Promise<void>;
  isHeld: boolean;
}

/** The locks of a browser, exclusive and in the order of the requests, for owners that may die. */
export class FakeLocks<Owner> {
  readonly #queues = new Map<string, Request<Owner>[]>();

  of(owner: Owner): LockManagerLike {
    return {
      request: (name, { signal }, callback) =>
        new Promise((resolve, reject) => {
          const request: Request<Owner> = {
            owner,
            isHeld: false,
            grant: async () => resolve(await callback()),
          };
          this.#queues.set(name, [...(this.#queues.get(name) ?? []), request]);
          signal.addEventListener('abort', () => {
            if (request.isHeld) return;
            this.#remove(name, request);
            reject(signal.reason);
          });
          this.#grantFirst(name);
        }),
    };
  }

  /** Whatever it held is free. */
  died(owner: Owner): void {
    for (const [name, queue] of this.#queues) {
      for (const request of queue) if (request.owner === owner) this.#remove(name, request);
    }
  }

  #remove(name: string, request: Request<Owner>): void {
    this.#queues.set(
      name,
      (this.#queues.get(name) ?? []).filter((other) => other !== request),
    );
    this.#grantFirst(name);
  }

  #grantFirst(name: string): void {
    const [first] = this.#queues.get(name) ?? [];
    if (first === undefined || first.isHeld) return;
    first.isHeld = true;
    queueMicrotask(() => {
      const free = (): void => this.#remove(name, first);
      first.grant().then(free, free);
    });
  }
}

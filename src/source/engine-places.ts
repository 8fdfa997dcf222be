import { once } from '../core/clock.ts';

/** Who asks the engine, and for what. */
export interface Asker {
  /** The subject of its token, or its address. */
  readonly client: string;
  /** Requests that are likely to hang at the same time: a path without the parts that vary, such as ids. */
  readonly path: string;
}

/** A request's slot. Both methods may be called more than once. */
export interface EnginePlace {
  /** The engine has answered in full: another may ask it. */
  answered(): void;
  /** The client has its answer, or has gone. */
  release(): void;
}

/**
 * Requests that the engine is sent at once. One that hangs occupies its connection until it times out, so there are
 * enough for others to get past it.
 */
export const sharedConnections = 16;
/** Requests at once, with those that wait for a connection and those whose answer is not read yet. */
const maxRequests = 128;

/**
 * Bounds what is asked of the engine on behalf of clients. No client and no path has more than half of the places or
 * of the connections, and no path of one client more than a quarter, so that neither a greedy client nor a path that
 * hangs keeps others out. A request waits for a connection; without a place it is refused.
 */
export class EnginePlaces {
  readonly #connections = new Share(sharedConnections);
  readonly #places = new Share(maxRequests);
  readonly #waiting = new Set<{ readonly asker: Asker; readonly start: () => void }>();

  /**
   * Resolves once the engine may be asked; undefined: too many wait already, of this kind or at all.
   * @throws the signal's reason, where it is aborted before
   */
  async take(asker: Asker, signal: AbortSignal): Promise<EnginePlace | undefined> {
    signal.throwIfAborted();
    if (!this.#places.hasRoom(asker)) return undefined;
    this.#places.add(asker);
    try {
      if (this.#connections.hasRoom(asker)) this.#connections.add(asker);
      else await this.#turn(asker, signal);
    } catch (error) {
      this.#places.remove(asker);
      throw error;
    }
    const answered = once(() => {
      this.#connections.remove(asker);
      this.#next();
    });
    const leave = once(() => this.#places.remove(asker));
    return {
      answered,
      release() {
        answered();
        leave();
      },
    };
  }

  #turn(asker: Asker, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#waiting.delete(waiter);
        reject(signal.reason);
      };
      const start = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const waiter = { asker, start };
      this.#waiting.add(waiter);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** Starts the request that has waited longest, of those whose asker is below its share. */
  #next(): void {
    for (const waiter of this.#waiting) {
      if (!this.#connections.hasRoom(waiter.asker)) continue;
      this.#waiting.delete(waiter);
      this.#connections.add(waiter.asker);
      waiter.start();
      return;
    }
  }
}

/** A number of places: half of them at most for one client or path, a quarter for what is both. */
class Share {
  readonly #max: number;
  readonly #held = new Map<string, number>();
  #total = 0;

  constructor(max: number) {
    this.#max = max;
  }

  hasRoom(asker: Asker): boolean {
    if (this.#total >= this.#max) return false;
    return keysOf(asker).every(
      ([key, part]) => (this.#held.get(key) ?? 0) < Math.max(1, Math.floor(this.#max / part)),
    );
  }

  add(asker: Asker): void {
    this.#change(asker, 1);
  }

  remove(asker: Asker): void {
    this.#change(asker, -1);
  }

  #change(asker: Asker, by: number): void {
    this.#total += by;
    for (const [key] of keysOf(asker)) {
      const count = (this.#held.get(key) ?? 0) + by;
      if (count > 0) this.#held.set(key, count);
      else this.#held.delete(key);
    }
  }
}

/** The keys that are counted, each with the divisor of its share. JSON keeps them from colliding. */
function keysOf({ client, path }: Asker): readonly (readonly [key: string, part: number])[] {
  return [
    [JSON.stringify({ client }), 2],
    [JSON.stringify({ path }), 2],
    [JSON.stringify({ client, path }), 4],
  ];
}

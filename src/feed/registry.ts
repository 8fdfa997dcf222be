import type { Cancel, Clock } from '../core/clock.ts';
import { Bound } from './bound.ts';

/** A use of something shared. Giving it back twice counts once. */
export interface Lease<Resource> {
  readonly resource: Resource;
  release(): void;
}

export interface RegistryOptions<Params, Resource> {
  /** Canonical key of the parameters: equal keys share one resource. */
  readonly key: (params: Params) => string;
  /** Called for the first user: starts the source behind the resource. */
  readonly open: (params: Params) => Resource;
  /** Called when the last user has been gone for `lingerMs`: stops it. */
  readonly close: (resource: Resource) => void;
  /** Called when the last user leaves a resource that lingers: nobody needs its source meanwhile. */
  readonly rest?: (resource: Resource) => void;
  /** Called when a lingering resource is used again. */
  readonly wake?: (resource: Resource) => void;
  readonly clock: Clock;
  /** How long a resource outlives its last user. 0: not at all. Default 0. */
  readonly lingerMs?: number;
  /** Of resources at once. At it, what has lingered longest makes room. Default: none. */
  readonly bound?: Bound | undefined;
  /** Which are opened all the same, and counted. Default: none. */
  readonly isReserved?: ((params: Params) => boolean) | undefined;
}

/** Keyed resources that count their users: the first one opens a resource, the last one closes it. */
export interface Registry<Params, Resource> {
  /**
   * Undefined at the bound, unless the resource is open already.
   * @param holder by whom what one uses is counted. Undefined: by nobody
   */
  acquire(params: Params, holder?: string): Lease<Resource> | undefined;
  readonly size: number;
  /** Closes every resource, used or not. */
  close(): void;
}

interface Entry<Resource> {
  readonly key: string;
  readonly resource: Resource;
  users: number;
  /** How many of the users are the same holder's. */
  readonly holders: Map<string, number>;
  cancelClose: Cancel | undefined;
}

export function createRegistry<Params, Resource>(
  options: RegistryOptions<Params, Resource>,
): Registry<Params, Resource> {
  const { lingerMs = 0, bound = new Bound(0), isReserved = () => false } = options;
  const entries = new Map<string, Entry<Resource>>();

  const closeEntry = (entry: Entry<Resource>): void => {
    entry.cancelClose?.();
    entries.delete(entry.key);
    bound.closed();
    options.close(entry.resource);
  };

  const giveBack = (entry: Entry<Resource>, holder: string | undefined): void => {
    if (holder !== undefined) removeHolder(entry, holder);
    entry.users -= 1;
    const { key } = entry;
    if (entry.users > 0 || entries.get(key) !== entry) return;
    if (lingerMs === 0) {
      closeEntry(entry);
      return;
    }
    options.rest?.(entry.resource);
    entry.cancelClose = options.clock.after(lingerMs, () => closeEntry(entry));
    // Last in the map: of those that linger, the first one has done so longest.
    entries.delete(key);
    entries.set(key, entry);
  };

  const closeLongestLingering = (): boolean => {
    for (const entry of entries.values()) {
      if (entry.users > 0) continue;
      closeEntry(entry);
      return true;
    }
    return false;
  };

  const addHolder = ({ holders }: Entry<Resource>, holder: string): void => {
    const times = (holders.get(holder) ?? 0) + 1;
    holders.set(holder, times);
    if (times === 1) bound.used(holder);
  };

  const removeHolder = ({ holders }: Entry<Resource>, holder: string): void => {
    const times = (holders.get(holder) ?? 1) - 1;
    if (times > 0) {
      holders.set(holder, times);
      return;
    }
    holders.delete(holder);
    bound.left(holder);
  };

  return {
    acquire(params, holder) {
      const key = options.key(params);
      let entry = entries.get(key);
      if (entry === undefined) {
        if (!isReserved(params) && !bound.hasRoom(holder, closeLongestLingering)) return undefined;
        entry = { key, resource: options.open(params), users: 0, holders: new Map(), cancelClose: undefined };
        entries.set(key, entry);
        bound.opened();
      }
      if (entry.cancelClose !== undefined) {
        entry.cancelClose();
        entry.cancelClose = undefined;
        options.wake?.(entry.resource);
      }
      entry.users += 1;
      if (holder !== undefined) addHolder(entry, holder);
      return new Use(entry, holder, giveBack);
    },
    get size() {
      return entries.size;
    },
    close() {
      for (const entry of entries.values()) closeEntry(entry);
    },
  };
}

/** One use, held by whoever asked. An object and no closures: there are as many as sessions. */
class Use<Resource> implements Lease<Resource> {
  readonly #entry: Entry<Resource>;
  readonly #holder: string | undefined;
  readonly #giveBack: (entry: Entry<Resource>, holder: string | undefined) => void;
  #isReleased = false;

  constructor(
    entry: Entry<Resource>,
    holder: string | undefined,
    giveBack: (entry: Entry<Resource>, holder: string | undefined) => void,
  ) {
    this.#entry = entry;
    this.#holder = holder;
    this.#giveBack = giveBack;
  }

  get resource(): Resource {
    return this.#entry.resource;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#giveBack(this.#entry, this.#holder);
  }
}

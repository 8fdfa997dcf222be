import type { Cancel, Clock } from '../core/clock.ts';

/** A counted use of a shared resource. Releasing it twice counts once. */
export interface Lease<Resource> {
  readonly resource: Resource;
  release(): void;
}

interface RegistryOptions<Params, Resource> {
  /** Canonical key of the parameters: equal keys share one resource. */
  readonly key: (params: Params) => string;
  /** Called for the first user: starts the source behind the resource. */
  readonly open: (params: Params) => Resource;
  /** Called when the last user has been gone for `lingerMs`: stops it. */
  readonly close: (resource: Resource) => void;
  /** Called when the last user leaves a resource that lingers: its source may pause. */
  readonly rest?: (resource: Resource) => void;
  /** Called when a lingering resource is used again. */
  readonly wake?: (resource: Resource) => void;
  readonly clock: Clock;
  /** How long a resource outlives its last user. 0: not at all. Default 0. */
  readonly lingerMs?: number;
  /** How many resources there may be. At the bound, the one that has lingered longest is closed. Default: no bound. */
  readonly bound?: Bound | undefined;
  /** Which are opened even at the bound; they count. Default: none. */
  readonly isReserved?: ((params: Params) => boolean) | undefined;
}

/** Keyed resources that count their users: the first one opens a resource, the last one closes it. */
export class Registry<Params, Resource> {
  readonly #options: RegistryOptions<Params, Resource>;
  readonly #bound: Bound;
  readonly #entries = new Map<string, Entry<Resource>>();

  constructor(options: RegistryOptions<Params, Resource>) {
    this.#options = options;
    this.#bound = options.bound ?? new Bound(0);
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Undefined at the bound, unless the resource is open already.
   * @param holder whose share of the bound it counts for. Undefined: nobody's
   */
  acquire(params: Params, holder?: string): Lease<Resource> | undefined {
    const { key: keyOf, isReserved, wake } = this.#options;
    const key = keyOf(params);
    const entry = this.#entries.get(key) ?? this.#open(key, params, holder, isReserved?.(params) === true);
    if (entry === undefined) return undefined;
    if (entry.cancelClose !== undefined) {
      entry.cancelClose();
      entry.cancelClose = undefined;
      wake?.(entry.resource);
    }
    entry.users += 1;
    if (holder !== undefined) this.#addHolder(entry, holder);
    return new Use(entry, holder, this.#giveBack);
  }

  /** Closes every resource, used or not. */
  close(): void {
    for (const entry of this.#entries.values()) this.#closeEntry(entry);
  }

  #open(
    key: string,
    params: Params,
    holder: string | undefined,
    isReserved: boolean,
  ): Entry<Resource> | undefined {
    if (!isReserved && !this.#bound.hasRoom(holder, () => this.#closeLongestLingering())) return undefined;
    const resource = this.#options.open(params);
    const entry = { key, resource, users: 0, holders: new Map<string, number>(), cancelClose: undefined };
    this.#entries.set(key, entry);
    this.#bound.opened();
    return entry;
  }

  #closeEntry(entry: Entry<Resource>): void {
    entry.cancelClose?.();
    this.#entries.delete(entry.key);
    this.#bound.closed();
    this.#options.close(entry.resource);
  }

  readonly #giveBack: GiveBack<Resource> = (entry, holder) => {
    if (holder !== undefined) this.#removeHolder(entry, holder);
    entry.users -= 1;
    const { key } = entry;
    if (entry.users > 0 || this.#entries.get(key) !== entry) return;
    const { lingerMs = 0, clock, rest } = this.#options;
    if (lingerMs === 0) {
      this.#closeEntry(entry);
      return;
    }
    rest?.(entry.resource);
    entry.cancelClose = clock.after(lingerMs, () => this.#closeEntry(entry));
    // Last in the map: of those that linger, the first one has done so longest.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
  };

  #closeLongestLingering(): boolean {
    for (const entry of this.#entries.values()) {
      if (entry.users > 0) continue;
      this.#closeEntry(entry);
      return true;
    }
    return false;
  }

  #addHolder({ holders }: Entry<Resource>, holder: string): void {
    const times = (holders.get(holder) ?? 0) + 1;
    holders.set(holder, times);
    if (times === 1) this.#bound.used(holder);
  }

  #removeHolder({ holders }: Entry<Resource>, holder: string): void {
    const times = (holders.get(holder) ?? 1) - 1;
    if (times > 0) {
      holders.set(holder, times);
      return;
    }
    holders.delete(holder);
    this.#bound.left(holder);
  }
}

interface Entry<Resource> {
  readonly key: string;
  readonly resource: Resource;
  users: number;
  /** How many of the users are the same holder's. */
  readonly holders: Map<string, number>;
  cancelClose: Cancel | undefined;
}

type GiveBack<Resource> = (entry: Entry<Resource>, holder: string | undefined) => void;

/** An object without closures: there are as many as sessions. */
class Use<Resource> implements Lease<Resource> {
  readonly #entry: Entry<Resource>;
  readonly #holder: string | undefined;
  readonly #giveBack: GiveBack<Resource>;
  #isReleased = false;

  constructor(entry: Entry<Resource>, holder: string | undefined, giveBack: GiveBack<Resource>) {
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

/**
 * How many resources there may be at once, of one registry or of several together. Once half are in use, a holder
 * who uses half of the bound itself gets no more.
 */
export class Bound {
  readonly #max: number;
  /** How many resources each holder uses. */
  readonly #shares = new Map<string, number>();
  #size = 0;

  /** @param max 0: no bound */
  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Whether one more may be opened.
   * @param holder for whom. Undefined: nobody in particular
   * @param makeRoom closes one that nobody uses; false where there is none
   */
  hasRoom(holder: string | undefined, makeRoom: () => boolean): boolean {
    if (this.#max === 0) return true;
    const share = holder === undefined ? 0 : (this.#shares.get(holder) ?? 0);
    if (2 * this.#size >= this.#max && 2 * share >= this.#max) return false;
    return this.#size < this.#max || makeRoom();
  }

  opened(): void {
    this.#size += 1;
  }

  closed(): void {
    this.#size -= 1;
  }

  /** A holder began to use a resource. */
  used(holder: string): void {
    this.#shares.set(holder, (this.#shares.get(holder) ?? 0) + 1);
  }

  /** A holder stopped using a resource. */
  left(holder: string): void {
    const share = (this.#shares.get(holder) ?? 1) - 1;
    if (share > 0) this.#shares.set(holder, share);
    else this.#shares.delete(holder);
  }
}

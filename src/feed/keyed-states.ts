import { type Clock, once } from '../core/clock.ts';
import type { JsonObject } from '../core/json.ts';
import { type Bound, type Lease, Registry } from './registry.ts';
import type { StateFeed, WritableStateFeed } from './state-feed.ts';

export interface KeyedStatesOptions<Key, Wish> {
  /** Canonical text of a key: readers with equal texts share a feed. */
  readonly key: (key: Key) => string;
  readonly initial: (key: Key) => JsonObject;
  /**
   * Called for the first reader of a key, once this process is to write: starts what the feed is made of. Returns how
   * to stop that.
   */
  readonly write: (feed: WritableStateFeed, key: Key, wishes: Wishes<Wish>) => () => void;
  /** As `NamedStateOptions` has it. Default true. */
  readonly keepsHistory?: boolean;
  /** How long a feed outlives its last reader. Default 0. */
  readonly idleTtlMs?: number;
  /** Of feeds at once. Default: none. */
  readonly bound?: Bound;
}

/** Makes the feed of one key, which is closed after its last reader. */
type MakeState = (
  key: string,
  initial: JsonObject,
  write: (feed: WritableStateFeed) => () => void,
) => WritableStateFeed;

interface Open<Wish> {
  readonly feed: WritableStateFeed;
  readonly wishes: Wishes<Wish>;
}

/** States of which there is one a key, for as long as somebody reads it: a symbol's document, the range of some hours. */
export class KeyedStates<Key, Wish> {
  readonly #registry: Registry<Key, Open<Wish>>;

  constructor(options: KeyedStatesOptions<Key, Wish>, clock: Clock, make: MakeState) {
    const { key, initial, write, idleTtlMs = 0, bound } = options;
    this.#registry = new Registry<Key, Open<Wish>>({
      ...{ clock, key, lingerMs: idleTtlMs, bound },
      open: (params) => {
        const wishes = new Wishes<Wish>();
        return { wishes, feed: make(key(params), initial(params), (feed) => write(feed, params, wishes)) };
      },
      close: ({ feed }) => feed.close(),
    });
  }

  /** Closes every feed, read or not. */
  close(): void {
    this.#registry.close();
  }

  /**
   * The feed of a key, until it is given back.
   * @param holder by whom the share of feeds is counted. Undefined: it may be many
   * @returns undefined where no further feed may be opened
   */
  acquire(key: Key, wish: Wish, holder?: string): Lease<StateFeed> | undefined {
    const lease = this.#registry.acquire(key, holder);
    if (lease === undefined) return undefined;
    const { feed, wishes } = lease.resource;
    const withdraw = wishes.add(wish);
    const release = once(() => {
      withdraw();
      lease.release();
    });
    return { resource: feed, release };
  }
}

/** What the readers of one feed want of it, such as how often it is updated. The writer takes all into account. */
export class Wishes<Wish> {
  /** Each in an object of its own, as two readers may have the same wish. */
  readonly #readers = new Set<{ readonly wish: Wish }>();
  readonly #listeners = new Set<() => void>();

  /** One a reader. Empty: nobody reads at present. */
  get all(): readonly Wish[] {
    return Array.from(this.#readers, ({ wish }) => wish);
  }

  /** Called when a reader comes or leaves. Returns how to stop listening. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Returns how to withdraw it. */
  add(wish: Wish): () => void {
    const reader = { wish };
    this.#readers.add(reader);
    this.#tell();
    return () => {
      this.#readers.delete(reader);
      this.#tell();
    };
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

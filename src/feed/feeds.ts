import { type Clock, once } from '../core/clock.ts';
import type { JsonObject } from '../core/json.ts';
import { randomId } from '../core/random.ts';
import { EventFeed, type EventFeedOptions } from './event-feed.ts';
import { HistoryBudget } from './history.ts';
import { KeyedStates, type KeyedStatesOptions } from './keyed-states.ts';
import { type StateFeed, WritableStateFeed } from './state-feed.ts';

export interface NamedStateOptions {
  readonly initial: JsonObject;
  /** Whether versions before the newest are kept, within the bounds that all feeds share. Default true. */
  readonly keepsHistory?: boolean;
  /**
   * Starts what the feed is made of: called once this process is to write it, after `state` has returned. Returns how
   * to stop that, which is called when the feed is closed. Default: the writer is started by other means.
   */
  readonly write?: (() => () => void) | undefined;
}

/** The feeds of the gateway, each under a name of its own: `<dialect>`, or `<dialect>/<which>`. */
export class Feeds {
  readonly #clock: Clock;
  readonly #budget: HistoryBudget;
  readonly #noHistory = new HistoryBudget({ historySeconds: 0, historyMaxBytes: 0 });
  readonly #states = new Map<string, WritableStateFeed>();
  readonly #names = new Set<string>();
  /** What starts the writers, until this process is to write. */
  readonly #waiting = new Set<() => void>();
  #isStarted = false;

  /** @param budget what the past versions of all state feeds may take together */
  constructor(clock: Clock, budget: HistoryBudget) {
    this.#clock = clock;
    this.#budget = budget;
  }

  /** Starts the writers: those of the feeds there are, in the order in which they were made, and of later ones. */
  start(): void {
    this.#isStarted = true;
    for (const begin of this.#waiting) begin();
    this.#waiting.clear();
  }

  /** A state with one writer, the caller. Throws where the name is taken; closing the feed frees it. */
  state(
    name: string,
    { initial, keepsHistory = true, write = () => () => {} }: NamedStateOptions,
  ): WritableStateFeed {
    const giveBack = this.#take(name);
    let stop = (): void => {};
    const begin = (): void => {
      if (this.#states.get(name) === feed) stop = write();
    };
    const budget = keepsHistory ? this.#budget : this.#noHistory;
    const feed = new WritableStateFeed({ initial, epoch: randomId(), clock: this.#clock, budget }, () => {
      if (this.#states.get(name) !== feed) return;
      this.#states.delete(name);
      giveBack();
      stop();
    });
    this.#states.set(name, feed);
    if (this.#isStarted) queueMicrotask(begin);
    else this.#waiting.add(begin);
    return feed;
  }

  /** One state for each key, `<name>/<key>`, for as long as it has readers, each with a wish. */
  keyed<Key, Wish = undefined>(name: string, options: KeyedStatesOptions<Key, Wish>): KeyedStates<Key, Wish> {
    const { keepsHistory = true } = options;
    return new KeyedStates(options, this.#clock, (key, initial, write) => {
      const feed = this.state(`${name}/${key}`, { initial, keepsHistory, write: () => write(feed) });
      return feed;
    });
  }

  /** Events in one order, appended by whoever has the feed. Throws where the name is taken, as above. */
  events<Event>(name: string, options: Omit<EventFeedOptions<Event>, 'epoch'>): EventFeed<Event> {
    const giveBack = this.#take(name);
    return new EventFeed({ ...options, epoch: randomId() }, giveBack);
  }

  /** The state of this name, perhaps another dialect's; undefined: there is none. */
  find(name: string): StateFeed | undefined {
    return this.#states.get(name);
  }

  #take(name: string): () => void {
    if (this.#names.has(name)) throw new Error(`there is a feed ${name} already`);
    this.#names.add(name);
    return once(() => this.#names.delete(name));
  }
}

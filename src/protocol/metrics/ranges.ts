import type { Feeds } from '../../feed/feeds.ts';
import type { KeyedStates } from '../../feed/keyed-states.ts';
import type { Lease } from '../../feed/registry.ts';
import type { StateFeed } from '../../feed/state-feed.ts';
import { type PollOutcome, type RangeParts, type RangeWish, RangeWriter } from './range.ts';
import { rangeStateOf } from './range-state.ts';
import { unknownSection } from './sections.ts';

export const metricsDialect = 'metrics';

/** How long the state of a range and its epoch are kept after its last reader, so that clients can come back to it. */
const idleTtlMs = 30_000;

/** The ranges, by hours: each is there while it has readers, and polled as they wish. */
export class Ranges {
  readonly #feeds: Feeds;
  readonly #states: KeyedStates<number, RangeWish>;

  constructor(feeds: Feeds, parts: RangeParts) {
    this.#feeds = feeds;
    this.#states = feeds.keyed<number, RangeWish>(metricsDialect, {
      key: String,
      initial: () => ({}),
      keepsHistory: false,
      idleTtlMs,
      write(feed, hours, wishes) {
        const writer = new RangeWriter(feed, hours, wishes, parts);
        return () => writer.close();
      },
    });
  }

  /** Keeps a range up to date until the lease is given back. */
  watch(hours: number, everyMs: number): Lease<StateFeed> {
    return this.#acquire(hours, { everyMs });
  }

  /**
   * Polls a range, or shares the poll that is under way.
   * @param once called in a later turn, unless the lease was given back before
   */
  refresh(hours: number, once: (outcome: PollOutcome) => void): Lease<StateFeed> {
    return this.#acquire(hours, { once, takesRecent: false });
  }

  /** A range that is up to date: polled where nobody watches it, and where the last answer is older than a second. */
  upToDate(hours: number): Promise<Lease<StateFeed>> {
    return new Promise((resolve) => {
      const lease = this.#acquire(hours, { once: () => resolve(lease), takesRecent: true });
    });
  }

  /** The first of the sections that is neither documented nor in the newest snapshot of the range. */
  unknownSection(hours: number, sections: readonly string[]): string | undefined {
    const document = this.#feeds.find(`${metricsDialect}/${hours}`)?.current.document ?? {};
    return unknownSection(sections, rangeStateOf(document).data);
  }

  close(): void {
    this.#states.close();
  }

  #acquire(hours: number, wish: RangeWish): Lease<StateFeed> {
    const lease = this.#states.acquire(hours, wish);
    if (lease === undefined) throw new Error('ranges without a bound were refused');
    return lease;
  }
}

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

/** A range after a poll that was asked for. */
export interface Polled {
  readonly range: StateFeed;
  readonly outcome: PollOutcome;
}

/** The ranges, by hours: each is there while it has readers, and polled as they wish. */
export class Ranges {
  readonly #feeds: Feeds;
  readonly #states: KeyedStates<number, RangeWish>;
  /** What was asked for and has not ended, shared by all who ask the same. */
  readonly #refreshes = new Map<number, Promise<Polled>>();
  readonly #updates = new Map<number, Promise<Polled>>();

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

  /** Polls a range, or shares the poll that is under way. Never rejects. */
  refresh(hours: number): Promise<Polled> {
    return this.#once(hours, false, this.#refreshes);
  }

  /** Polls a range where nobody watches it and the last answer is older than a second. Never rejects. */
  upToDate(hours: number): Promise<Polled> {
    return this.#once(hours, true, this.#updates);
  }

  #once(hours: number, takesRecent: boolean, pending: Map<number, Promise<Polled>>): Promise<Polled> {
    const polled =
      pending.get(hours) ??
      new Promise<Polled>((resolve) => {
        const lease = this.#acquire(hours, {
          takesRecent,
          once: (outcome) => {
            pending.delete(hours);
            lease.release();
            // It outlives its last reader.
            resolve({ range: lease.resource, outcome });
          },
        });
      });
    pending.set(hours, polled);
    return polled;
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

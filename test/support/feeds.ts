import type { Clock } from '../../src/core/clock.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { type History, HistoryBudget, historyDefaults, type Version } from '../../src/feed/history.ts';
import { type StateFeed, WritableStateFeed } from '../../src/feed/state-feed.ts';
import { createManualClock } from './manual-clock.ts';

/** A state feed of the epoch `e`, with the default bounds. */
export function newStateFeed(
  initial: JsonObject,
  {
    clock = createManualClock(),
    budget = new HistoryBudget(historyDefaults),
    epoch = 'e',
  }: {
    readonly clock?: Clock;
    readonly budget?: HistoryBudget;
    readonly epoch?: string;
  } = {},
): WritableStateFeed {
  return new WritableStateFeed({ initial, epoch, clock, budget });
}

/** The versions that a history holds, oldest first. */
export function heldIn(history: Pick<History, 'oldest' | 'find'>): Version[] {
  const held: Version[] = [];
  for (let next = history.oldest; next !== undefined; next = history.find(next.seq + 1)) held.push(next);
  return held;
}

/** The same of a feed. */
export function heldBy(feed: Pick<StateFeed, 'oldest' | 'version'>): Version[] {
  return heldIn({ oldest: feed.oldest, find: (seq) => feed.version(seq) });
}

import type { Clock } from '../../src/core/clock.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { HistoryBudget, historyDefaults } from '../../src/feed/history.ts';
import { WritableStateFeed } from '../../src/feed/state-feed.ts';
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

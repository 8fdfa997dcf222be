import type { Clock } from '../../src/core/clock.ts';
import { Feeds } from '../../src/feed/feeds.ts';
import { HistoryBudget, historyDefaults } from '../../src/feed/history.ts';

/** Feeds with the default bounds, which the test starts. */
export function createFeeds(clock: Clock): Feeds {
  return new Feeds(clock, new HistoryBudget(historyDefaults));
}

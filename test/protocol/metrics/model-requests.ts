import type { Entry } from './model-ledger.ts';

interface Wish {
  readonly hours: number;
  readonly interval: number;
}

/** What a viewer follows from each of its entries on, as far as it may count for the engine. */
function wishesOf(entries: readonly Entry[]): (readonly [at: number, wish: Wish | undefined])[] {
  let wish: Wish | undefined;
  return entries.map((entry) => {
    if (entry.kind === 'saidSubscribe') wish = { hours: entry.view.hours, interval: entry.interval };
    else if (entry.kind === 'saidInterval') wish = wish && { ...wish, interval: entry.interval };
    else if (entry.kind === 'connected') wish = undefined;
    else if (entry.kind === 'heard' && entry.event === 'unsubscribed') wish = undefined;
    return [entry.at, wish] as const;
  });
}

/** Whether an entry has the engine asked for a range at once. */
function asksAtOnce(entry: Entry, hours: number): boolean {
  if (entry.kind === 'saidSubscribe') return entry.view.hours === hours;
  // One without a range means the one that is followed, or the default.
  if (entry.kind === 'saidRefresh') return (entry.hours ?? hours) === hours;
  return entry.kind === 'saidInterval';
}

/**
 * How often the engine may be asked for a range at most: each shortest interval that anybody wished for, and once for
 * each time that somebody asked.
 *
 * @param diaries of all viewers; @param until epoch seconds
 */
export function mostRequests(diaries: readonly (readonly Entry[])[], hours: number, until: number): number {
  const all = diaries.flat();
  const wishes = diaries.map(wishesOf);
  const times = [...all.map(({ at }) => at), until].sort((a, b) => a - b);
  let most = all.filter((entry) => asksAtOnce(entry, hours)).length;
  for (const [index, from] of times.entries()) {
    const inForce = wishes.map((steps) => steps.findLast(([at]) => at <= from)?.[1]);
    const intervals = inForce.flatMap((wish) => (wish?.hours === hours ? [wish.interval] : []));
    if (intervals.length > 0) most += ((times[index + 1] ?? from) - from) / Math.min(...intervals);
  }
  return most;
}

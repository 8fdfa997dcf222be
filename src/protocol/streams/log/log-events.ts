import type { EventFeed } from '../../../feed/event-feed.ts';

/** What a look at the file brought: some lines, in one go, which make a frame, another file, or none to be read. */
export type LogEvent = Lines | 'rotated' | 'unavailable';

interface Lines {
  readonly lines: readonly string[];
  /** Characters in a frame. */
  readonly length: number;
}

/** Lines of a backlog. */
export const maxBacklog = 1000;
/** What the lines of a backlog may hold together, in UTF-16 units. */
export const maxBacklogLength = 4 * 1024 * 1024;

/** Up to `count` of the newest lines of the file that is followed, oldest first, within the bounds of a backlog. */
export function lastLines(feed: EventFeed<LogEvent>, count: number): readonly string[] {
  const newestFirst: string[] = [];
  let length = 0;
  const most = Math.min(count, maxBacklog);
  // An entry of this file has one line at least, so that more entries are never needed.
  for (const { event } of feed.recent(most).toReversed()) {
    // What is older is of another file.
    if (typeof event === 'string') break;
    for (const line of event.lines.toReversed()) {
      length += line.length;
      if (newestFirst.length === most || length > maxBacklogLength) return newestFirst.reverse();
      newestFirst.push(line);
    }
  }
  return newestFirst.reverse();
}

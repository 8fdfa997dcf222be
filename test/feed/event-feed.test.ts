import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventFeed, type EventFeedOptions } from '../../src/feed/event-feed.ts';

const setUp = (options: Partial<EventFeedOptions<string>> = {}) =>
  new EventFeed<string>({ epoch: 'e', capacity: 3, ...options });
const kept = (feed: ReturnType<typeof setUp>, count?: number) =>
  feed
    .recent(count)
    .map(({ event }) => event)
    .join('');

describe('EventFeed', () => {
  it('numbers its entries from 2 on, so that 1 is the position before the first', () => {
    const feed = setUp();
    expect(feed.seq).toBe(1);
    feed.append('a');
    feed.append('b', 12.5);
    expect(feed.seq).toBe(3);
    expect(feed.recent()).toEqual([
      { seq: 2, event: 'a', receivedAt: undefined },
      { seq: 3, event: 'b', receivedAt: 12.5 },
    ]);
  });

  it('keeps the newest entries, and gives as many of the newest of them as are asked for', () => {
    const feed = setUp();
    for (const event of 'abcde') feed.append(event);
    expect([kept(feed), kept(feed, 2), kept(feed, 99), kept(feed, 0)]).toEqual(['cde', 'de', 'cde', '']);
  });

  it('keeps no more than its bytes allow, and the newest entry whatever it takes', () => {
    const feed = setUp({ capacity: 100, maxBytes: 5, bytesOf: (text) => text.length });
    for (const event of ['aa', 'bb', 'cc']) feed.append(event);
    expect(kept(feed)).toBe('bbcc');
    feed.append('dddddddd');
    expect(kept(feed)).toBe('dddddddd');
  });

  it('gives an entry the last of the numbers that it takes', () => {
    const feed = setUp({ weightOf: (text) => text.length });
    for (const event of ['aaa', 'b', 'cc']) feed.append(event);
    expect(feed.recent().map(({ seq }) => seq)).toEqual([4, 5, 7]);
    expect(feed.seq).toBe(7);
  });

  it('tells each listener of each entry, until it stops listening', () => {
    const feed = setUp();
    const heard: string[] = [];
    feed.onEntry(({ event }) => heard.push(`1${event}`));
    const stop = feed.onEntry(({ event }) => heard.push(`2${event}`));
    feed.append('a');
    stop();
    feed.append('b');
    expect(heard).toEqual(['1a', '2a', '1b']);
  });

  it('stays within both of its bounds, and is always the end of what was put in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 9 })),
        fc.nat(6),
        fc.nat(30),
        (events, capacity, maxBytes) => {
          const feed = setUp({ capacity: capacity + 1, maxBytes, bytesOf: (text) => text.length });
          for (const event of events) feed.append(event);
          const held = feed.recent().map(({ event }) => event);
          expect(events.slice(events.length - held.length)).toEqual(held);
          expect(held.length).toBeLessThanOrEqual(capacity + 1);
          if (maxBytes > 0 && held.length > 1) expect(held.join('').length).toBeLessThanOrEqual(maxBytes);
          expect(feed.seq).toBe(events.length + 1);
        },
      ),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventIndex } from '../../src/encode/event-index.ts';
import { EventFeed } from '../../src/feed/event-feed.ts';

function setUp(capacity = 3, ring = { capacity: 100, maxBytes: 0 }) {
  const feed = new EventFeed<string>({ epoch: 'e', ...ring, bytesOf: ({ length }) => length });
  const shows = (event: string) => !event.startsWith('x');
  return { feed, shows, open: () => new EventIndex(feed, shows, capacity) };
}

describe('EventIndex', () => {
  it('finds what passes among what the feed has already, the newest of it', () => {
    const { feed, open } = setUp(2);
    for (const event of ['a', 'x', 'b', 'c', 'x']) feed.append(event);
    expect(open().recent(9)).toEqual(['b', 'c']);
    expect(open().recent(1)).toEqual(['c']);
  });

  it('holds nothing that the ring has lost, to whatever the ring lost it', () => {
    const { feed, open } = setUp(10, { capacity: 3, maxBytes: 0 });
    const index = open();
    feed.onEntry((entry) => void index.add(entry));
    for (const event of ['a', 'b', 'x', 'x']) feed.append(event);
    expect([index.recent(9), index.forgotten]).toEqual([['b'], 2]);
    for (const event of ['x', 'x']) feed.append(event);
    expect([index.recent(9), index.length, index.forgotten]).toEqual([[], 0, 3]);
  });

  it('is the end of what passes, found by its place', () => {
    const event = fc.string({ unit: fc.constantFrom(...'abx'), minLength: 1, maxLength: 3 });
    const bounds = fc.record({ capacity: fc.integer({ min: 1, max: 9 }), maxBytes: fc.nat(12) });
    fc.assert(
      fc.property(fc.array(event), fc.array(event), bounds, fc.integer({ min: 1, max: 5 }), (...given) => {
        const [before, after, ring, capacity] = given;
        const { feed, shows, open } = setUp(capacity, ring);
        for (const one of before) feed.append(one);
        const index = open();
        feed.onEntry((entry) => void index.add(entry));
        for (const one of after) feed.append(one);
        const kept = feed.recent().filter((entry) => shows(entry.event));
        const expected = kept.slice(-capacity);
        expect(index.recent(99)).toEqual(expected.map((entry) => entry.event));
        for (const [place, entry] of expected.entries()) {
          expect(index.at(index.indexAfter(entry.seq - 1))).toEqual(entry);
          expect(index.indexAfter(entry.seq)).toBe(place + 1);
          expect(index.forgotten).toBeLessThanOrEqual(entry.seq);
        }
      }),
    );
  });
});

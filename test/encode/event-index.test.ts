import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DroppedCount, EventIndex } from '../../src/encode/event-index.ts';
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

describe('DroppedCount', () => {
  it('counts every number between two places where none was said not to count', () => {
    const missed = new DroppedCount();
    missed.note(1, 0);
    missed.note(9, 0);
    expect([missed.between(1, 9), missed.between(3, 9), missed.between(9, 9)]).toEqual([8, 6, 0]);
  });

  it('counts what counts, between any two places noted, whatever lies in between', () => {
    const steps = fc.array(fc.record({ weight: fc.integer({ min: 1, max: 9 }), counts: fc.boolean() }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, fc.nat(60), fc.nat(60), (taken, a, b) => {
        const missed = new DroppedCount();
        missed.note(1, 0);
        const places = [{ seq: 1, counted: 0 }];
        let [seq, uncounted, counted] = [1, 0, 0];
        for (const { weight, counts } of taken) {
          seq += weight;
          if (counts) counted += weight;
          else uncounted += weight;
          missed.note(seq, uncounted);
          places.push({ seq, counted });
        }
        const from = places[Math.min(a, b) % places.length];
        const to = places.at(-1);
        if (from === undefined || to === undefined) throw new Error('no places');
        expect(missed.between(from.seq, to.seq)).toBe(to.counted - from.counted);
      }),
    );
  });

  it('takes every number to count that lies further back than it remembers', () => {
    const missed = new DroppedCount();
    missed.note(1, 0);
    for (let place = 1; place <= 5000; place += 1) missed.note(1 + 2 * place, place);
    expect(missed.between(10_001 - 200, 10_001)).toBe(100);
    const all = missed.between(1, 10_001);
    expect(all).toBeGreaterThan(5000);
    expect(all).toBeLessThanOrEqual(10_000);
  });
});

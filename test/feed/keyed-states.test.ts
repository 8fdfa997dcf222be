import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Wishes } from '../../src/feed/keyed-states.ts';
import { Bound } from '../../src/feed/registry.ts';
import { createTestContext } from '../support/context.ts';
import { settled } from '../support/wait.ts';

/** Ranges of some hours, whose readers wish for an interval; what the writer was told, in order. */
function setUp({ idleTtlMs = 0, max = 0, isStarted = true } = {}) {
  const { clock, feeds } = createTestContext();
  if (isStarted) feeds.start();
  const told: string[] = [];
  const writers = new Map<number, Wishes<number>>();
  const ranges = feeds.keyed<number, number>('range', {
    key: (hours) => `${hours}`,
    initial: (hours) => ({ hours }),
    idleTtlMs,
    bound: new Bound(max),
    write(feed, hours, wishes) {
      writers.set(hours, wishes);
      told.push(`write ${hours}: ${wishes.all.join()}`);
      const stop = wishes.onChange(() => told.push(`${hours}: ${wishes.all.join()}`));
      feed.stage({ hours, written: true });
      feed.commit();
      return () => {
        stop();
        writers.delete(hours);
        told.push(`stop ${hours}`);
      };
    },
  });
  return { clock, feeds, ranges, told, writers };
}

describe('States by key', () => {
  it('are made for the first reader, shared by all who ask for the same, and closed after the last', async () => {
    const { ranges, told, feeds } = setUp();
    const [first, second] = [ranges.acquire(24, 1000), ranges.acquire(24, 250)];
    expect(second?.resource).toBe(first?.resource);
    expect(feeds.find('range/24')).toBe(first?.resource);
    await settled();
    first?.release();
    first?.release();
    second?.release();
    expect(told).toEqual(['write 24: 1000,250', '24: 250', '24: ', 'stop 24']);
    expect(feeds.find('range/24')).toBeUndefined();
  });

  it('show what their writer makes of them', async () => {
    const { ranges } = setUp();
    const lease = ranges.acquire(1, 0);
    expect(lease?.resource.current.document).toEqual({ hours: 1 });
    await settled();
    expect(lease?.resource.current.document).toEqual({ hours: 1, written: true });
  });

  it('outlive their last reader for a while, and say meanwhile that nobody reads', async () => {
    const { ranges, told, clock } = setUp({ idleTtlMs: 1000 });
    ranges.acquire(1, 5)?.release();
    await settled();
    clock.advance(900);
    const again = ranges.acquire(1, 7);
    again?.release();
    clock.advance(999);
    expect(told).toEqual(['write 1: ', '1: 7', '1: ']);
    clock.advance(1);
    expect(told.at(-1)).toBe('stop 1');
  });

  it('are no more than there may be', () => {
    const { ranges } = setUp({ max: 2 });
    expect([1, 2, 3].map((hours) => ranges.acquire(hours, 0) !== undefined)).toEqual([true, true, false]);
    expect(ranges.acquire(2, 0)).toBeDefined();
  });

  it('are all closed together, read or not', async () => {
    const { ranges, told, feeds, clock } = setUp({ idleTtlMs: 1000 });
    const read = ranges.acquire(1, 5);
    ranges.acquire(2, 5)?.release();
    await settled();
    ranges.close();
    read?.release();
    clock.advance(2000);
    expect(told.filter((line) => line.startsWith('stop')).sort()).toEqual(['stop 1', 'stop 2']);
    expect([feeds.find('range/1'), feeds.find('range/2')]).toEqual([undefined, undefined]);
  });

  it('are written once this process is to write', () => {
    const { ranges, told, feeds } = setUp({ isStarted: false });
    ranges.acquire(1, 5);
    expect(told).toEqual([]);
    feeds.start();
    expect(told).toEqual(['write 1: 5']);
  });

  it('tell their writer the wishes of exactly those who read, whoever comes and goes', async () => {
    const step = fc.oneof(
      fc.record({ hours: fc.nat(2), wish: fc.nat(3) }),
      fc.nat(50).map((leave) => ({ leave })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { ranges, writers } = setUp();
        const readers: { hours: number; wish: number; release(): void }[] = [];
        for (const next of steps) {
          if ('leave' in next) {
            readers.splice(next.leave % Math.max(1, readers.length), 1)[0]?.release();
          } else {
            const lease = ranges.acquire(next.hours, next.wish);
            if (lease !== undefined) readers.push({ ...next, release: () => lease.release() });
          }
          await settled();
          for (const hours of [0, 1, 2]) {
            const wanted = readers.filter((reader) => reader.hours === hours).map(({ wish }) => wish);
            expect([...(writers.get(hours)?.all ?? [])].sort()).toEqual(wanted.sort());
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});

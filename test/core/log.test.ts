import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWarningThrottle } from '../../src/core/log.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemoryLog } from '../support/memory-log.ts';

function throttled(intervalMs?: number) {
  const log = createMemoryLog();
  const clock = createManualClock();
  return { log, clock, warn: createWarningThrottle(log, clock, intervalMs) };
}

describe('warning throttle', () => {
  it('logs the first of a key at once, as a warning with its fields', () => {
    const { log, warn } = throttled();
    warn('late', { source: 'state' }, 'poll failed');
    expect(log.entries).toEqual([{ level: 'warn', fields: { source: 'state' }, message: 'poll failed' }]);
  });

  it('logs a key once in 5 s, and says when they are over how many it left out', () => {
    const { log, clock, warn } = throttled();
    for (let count = 0; count < 100; count += 1) warn('late', { count }, 'poll failed');
    clock.advance(4999);
    warn('late', { count: 100 }, 'poll failed');
    expect(log.entries).toHaveLength(1);
    clock.advance(1);
    expect(log.entries).toHaveLength(2);
    expect(log.entries[1]).toMatchObject({ message: 'poll failed', fields: { count: 100, suppressed: 100 } });
    clock.advance(60_000);
    expect(log.entries).toHaveLength(2);
    warn('late', { count: 101 }, 'poll failed');
    expect(log.entries[2]?.fields).toEqual({ count: 101 });
  });

  it('counts what it left out anew after each line', () => {
    const { log, clock, warn } = throttled(10);
    for (const _ of [1, 2, 3]) {
      warn('a', {}, 'x');
      warn('a', {}, 'x');
      clock.advance(10);
    }
    expect(log.entries.map(({ fields }) => fields.suppressed)).toEqual([undefined, 1, 2, 2]);
  });

  it('keeps keys apart', () => {
    const { log, warn } = throttled();
    for (const key of ['a', 'b', 'a', 'c', 'b']) warn(key, { key }, 'x');
    expect(log.entries.map(({ fields }) => fields.key)).toEqual(['a', 'b', 'c']);
  });

  it('makes a message of how many warnings a line stands for', () => {
    const { log, clock, warn } = throttled();
    for (let count = 0; count < 3; count += 1) warn('a', {}, (times) => `x ${times}`);
    clock.advance(5000);
    expect(log.entries.map(({ message }) => message)).toEqual(['x 1', 'x 2']);
  });

  it('accounts for every warning, and leaves no line sooner than an interval after the one before', () => {
    const steps = fc.array(fc.tuple(fc.nat(3), fc.nat(2500)), { maxLength: 30 });
    fc.assert(
      fc.property(steps, (steps) => {
        const { log, clock, warn } = throttled(1000);
        let warned = 0;
        let lines = 0;
        const at: number[] = [];
        const note = () => {
          for (; lines < log.entries.length; lines += 1) at.push(clock.monotonic());
        };
        for (const [times, ms] of steps) {
          for (let count = 0; count < times; count += 1) warn('a', {}, (count) => `${count}`);
          warned += times;
          note();
          for (let passed = 0; passed < ms; passed += 1) {
            clock.advance(1);
            note();
          }
        }
        clock.advance(1000);
        expect(log.entries.reduce((sum, { message }) => sum + Number(message), 0)).toBe(warned);
        for (const [index, time] of at.slice(1).entries()) {
          expect(time - (at[index] ?? 0)).toBeGreaterThanOrEqual(1000);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is not postponed by what it leaves out', () => {
    const { log, clock, warn } = throttled(1000);
    for (let count = 0; count < 40; count += 1) {
      warn('a', {}, 'x');
      clock.advance(100);
    }
    // One at first, and one at the end of each second.
    expect(log.entries).toHaveLength(5);
  });
});

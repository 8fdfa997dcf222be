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

  it('logs a key once in 5 s, then says how many it left out', () => {
    const { log, clock, warn } = throttled();
    for (let count = 0; count < 100; count += 1) warn('late', { count }, 'poll failed');
    clock.advance(4999);
    warn('late', { count: 100 }, 'poll failed');
    expect(log.entries).toHaveLength(1);
    clock.advance(1);
    warn('late', { count: 101 }, 'poll failed');
    expect(log.entries[1]?.fields).toEqual({ count: 101, suppressed: 100 });
  });

  it('counts what it left out anew after each line', () => {
    const { log, clock, warn } = throttled(10);
    for (const _ of [1, 2, 3]) {
      warn('a', {}, 'x');
      warn('a', {}, 'x');
      clock.advance(10);
    }
    expect(log.entries.map(({ fields }) => fields.suppressed)).toEqual([undefined, 1, 1]);
  });

  it('keeps keys apart', () => {
    const { log, warn } = throttled();
    for (const key of ['a', 'b', 'a', 'c', 'b']) warn(key, { key }, 'x');
    expect(log.entries.map(({ fields }) => fields.key)).toEqual(['a', 'b', 'c']);
  });

  it('makes a message of how many there were since the last line, this one included', () => {
    const { log, clock, warn } = throttled();
    for (let count = 0; count < 3; count += 1) warn('a', {}, (times) => `x ${times}`);
    clock.advance(5000);
    warn('a', {}, (times) => `x ${times}`);
    expect(log.entries.map(({ message }) => message)).toEqual(['x 1', 'x 3']);
  });

  it('is not postponed by what it leaves out', () => {
    const { log, clock, warn } = throttled(1000);
    for (let count = 0; count < 40; count += 1) {
      warn('a', {}, 'x');
      clock.advance(100);
    }
    expect(log.entries).toHaveLength(4);
  });
});

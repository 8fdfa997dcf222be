import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Throttle } from '../../src/core/throttle.ts';
import { createManualClock } from '../support/manual-clock.ts';

describe('Throttle', () => {
  it('does the first at once, and says whether it did', () => {
    const throttle = new Throttle(1000, createManualClock());
    const done: string[] = [];
    expect(throttle.take(() => done.push('a'))).toBe(true);
    expect(throttle.take(() => done.push('b'))).toBe(false);
    expect(done).toEqual(['a']);
  });

  it('forgets what waits when it is told to, and takes more after that', () => {
    const clock = createManualClock();
    const throttle = new Throttle(1000, clock);
    const done: string[] = [];
    for (const name of ['a', 'b']) throttle.take(() => done.push(name));
    throttle.cancel();
    clock.advance(999);
    throttle.take(() => done.push('c'));
    clock.advance(1);
    expect(done).toEqual(['a', 'c']);
  });

  it('outlives a task that takes another', () => {
    const clock = createManualClock();
    const throttle = new Throttle(1000, clock);
    let count = 0;
    const again = (): void => {
      count += 1;
      throttle.take(again);
    };
    throttle.take(again);
    clock.advance(5000);
    expect(count).toBe(6);
  });

  it('loses no last one, and does no two within the interval, whenever they come', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2500), { maxLength: 40 }), (pauses) => {
        const clock = createManualClock();
        const throttle = new Throttle(1000, clock);
        const done: { index: number; at: number }[] = [];
        for (const [index, pause] of pauses.entries()) {
          clock.advance(pause);
          throttle.take(() => void done.push({ index, at: clock.monotonic() }));
        }
        const { length } = done;
        clock.advance(1000);
        expect(done.length - length).toBeLessThanOrEqual(1);
        expect(done.at(-1)?.index).toBe(pauses.length === 0 ? undefined : pauses.length - 1);
        for (const [index, { at }] of done.slice(1).entries()) {
          expect(at - (done[index]?.at ?? 0)).toBeGreaterThanOrEqual(1000);
        }
      }),
    );
  });
});

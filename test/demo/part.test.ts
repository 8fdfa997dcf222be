import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { routine } from '../../src/demo/part.ts';
import { createManualClock } from '../support/manual-clock.ts';

function routineOf({ seed = 1, speed = 1, meanMs = 1000 } = {}) {
  const clock = createManualClock();
  const times: number[] = [];
  const act = (): void => void times.push(clock.monotonic());
  return { clock, times, part: routine('test', meanMs, { seed, clock, speed }, act) };
}

describe('Routine', () => {
  it('acts after half to one and a half of the mean gap, divided by the speed, never under 5 ms', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.integer(),
          speed: fc.constantFrom(0.5, 1, 10, 1e9),
          meanMs: fc.integer({ min: 10, max: 10_000 }),
        }),
        (options) => {
          const { clock, times, part } = routineOf(options);
          part.start();
          const mean = options.meanMs / options.speed;
          clock.advance(Math.max(mean, 5) * 20);
          expect(times.length).toBeGreaterThan(10);
          times.reduce((before, time) => {
            expect(time - before).toBeGreaterThanOrEqual(Math.max(5, mean / 2) - 1e-6);
            expect(time - before).toBeLessThanOrEqual(Math.max(5, mean * 1.5) + 1e-6);
            return time;
          }, 0);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('acts at the same times for the same seed, and at others for another', () => {
    const [one, same, other] = [1, 1, 2].map((seed) => {
      const { clock, times, part } = routineOf({ seed });
      part.start();
      clock.advance(60_000);
      return times;
    });
    expect(one).toEqual(same);
    expect(one).not.toEqual(other);
  });

  it('never acts at speed 0, nor after it was stopped', () => {
    const still = routineOf({ speed: 0 });
    still.part.start();
    still.clock.advance(1e6);
    expect(still.times).toEqual([]);
    const { clock, times, part } = routineOf();
    part.start();
    clock.advance(5000);
    const acts = times.length;
    part.stop();
    part.stop();
    clock.advance(1e6);
    expect(times).toHaveLength(acts);
  });

  it('is one routine however often it is started, and goes on after a stop', () => {
    const { clock, times, part } = routineOf();
    part.start();
    part.start();
    clock.advance(60_000);
    expect(times.length).toBeLessThan(90);
    part.stop();
    const acts = times.length;
    part.start();
    clock.advance(10_000);
    expect(times.length).toBeGreaterThan(acts);
  });

  it('may be stopped by its own act', () => {
    const clock = createManualClock();
    let acts = 0;
    const part = routine('test', 100, { seed: 1, clock, speed: 1 }, () => {
      acts += 1;
      part.stop();
    });
    part.start();
    clock.advance(10_000);
    expect(acts).toBe(1);
  });
});

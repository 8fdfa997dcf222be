import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineClock } from '../../src/demo/engine-clock.ts';
import { createManualClock } from '../support/manual-clock.ts';

function setUp() {
  const clock = createManualClock();
  const faults = { offsetMs: 0, everyMs: 0 };
  const engineClock = new EngineClock(clock, {
    clockOffsetMs: () => faults.offsetMs,
    moveEveryMs: () => faults.everyMs,
  });
  return { clock, faults, engineClock };
}

describe('engine clock', () => {
  it('shows a time that is off, and measures time as it is', () => {
    const { clock, faults, engineClock } = setUp();
    faults.offsetMs = -3_600_000;
    expect(engineClock.now()).toBe(clock.now() - 3_600_000);
    clock.advance(10);
    expect(engineClock.monotonic()).toBe(10);
  });

  it('leaves out what comes regularly while the engine stands still', () => {
    const { clock, faults, engineClock } = setUp();
    let calls = 0;
    const cancel = engineClock.every(1000, () => {
      calls += 1;
    });
    clock.advance(3000);
    faults.everyMs = Number.POSITIVE_INFINITY;
    clock.advance(3_600_000);
    expect(calls).toBe(3);
    faults.everyMs = 0;
    clock.advance(2000);
    expect(calls).toBe(5);
    cancel();
    clock.advance(2000);
    expect(calls).toBe(5);
  });

  it('puts off what comes once, until the engine moves again', () => {
    const { clock, faults, engineClock } = setUp();
    const calls: string[] = [];
    engineClock.after(1000, () => calls.push('kept'));
    const cancel = engineClock.after(1000, () => calls.push('cancelled'));
    faults.everyMs = Number.POSITIVE_INFINITY;
    clock.advance(10_000);
    expect(calls).toEqual([]);
    cancel();
    faults.everyMs = 0;
    clock.advance(10_000);
    expect(calls).toEqual(['kept']);
  });

  it('lets each thing happen once a bar, however often it would', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 2, max: 60 }),
        (everyMs, barSeconds) => {
          const { clock, faults, engineClock } = setUp();
          faults.everyMs = barSeconds * 1000;
          const bars: number[] = [];
          engineClock.every(everyMs, () => bars.push(Math.floor(clock.now() / faults.everyMs)));
          const first = Math.floor(clock.now() / faults.everyMs);
          clock.advance(10 * faults.everyMs);
          expect(bars.slice(0, 9)).toEqual(Array.from({ length: 9 }, (_, bar) => first + 1 + bar));
        },
      ),
      { numRuns: 50 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StandStill } from '../../src/deliver/hub.ts';
import { createManualClock } from '../support/manual-clock.ts';

function setUp() {
  const clock = createManualClock();
  const ends: number[] = [];
  const standStill = new StandStill(clock, () => ends.push(clock.monotonic()));
  return { clock, ends, standStill };
}

describe('StandStill', () => {
  it('lasts until who asked for it needs it no more', () => {
    const { clock, ends, standStill } = setUp();
    const goOn = standStill.ask();
    expect(standStill.isOn).toBe(true);
    clock.advance(3);
    goOn();
    expect(standStill.isOn).toBe(false);
    goOn();
    clock.advance(100);
    expect(ends).toEqual([3]);
  });

  it('lasts 10 ms where nobody ends it', () => {
    const { clock, ends, standStill } = setUp();
    const goOn = standStill.ask();
    clock.advance(9);
    expect(standStill.isOn).toBe(true);
    clock.advance(1);
    expect(standStill.isOn).toBe(false);
    goOn();
    expect(ends).toEqual([10]);
    expect(clock.timers).toBe(0);
  });

  it('lasts for as long as one of several needs it, 10 ms in all', () => {
    const { clock, ends, standStill } = setUp();
    const first = standStill.ask();
    clock.advance(4);
    const second = standStill.ask();
    first();
    first();
    expect(standStill.isOn).toBe(true);
    clock.advance(2);
    second();
    expect(ends).toEqual([6]);
    clock.advance(54);
    standStill.ask();
    clock.advance(6);
    standStill.ask();
    clock.advance(4);
    expect(ends).toEqual([6, 70]);
  });

  it('is not had again for nine times as long as it lasted', () => {
    const { clock, standStill } = setUp();
    const goOn = standStill.ask();
    clock.advance(2);
    goOn();
    clock.advance(17);
    standStill.ask();
    expect(standStill.isOn).toBe(false);
    clock.advance(1);
    standStill.ask();
    expect(standStill.isOn).toBe(true);
  });

  it('is not ended by one who asked for an earlier one', () => {
    const { clock, standStill } = setUp();
    const late = standStill.ask();
    clock.advance(100);
    standStill.ask();
    late();
    expect(standStill.isOn).toBe(true);
  });

  it('takes a tenth of the time at most, however often and for how long it is asked for', () => {
    const asks = fc.array(
      fc.record({ afterMs: fc.nat({ max: 12 }), neededMs: fc.integer({ min: 1, max: 30 }) }),
      {
        minLength: 20,
        maxLength: 100,
      },
    );
    fc.assert(
      fc.property(asks, (given) => {
        const { clock, standStill } = setUp();
        let stoodMs = 0;
        let longestMs = 0;
        let currentMs = 0;
        const pass = (ms: number): void => {
          for (let passed = 0; passed < ms; passed += 1) {
            const wasOn = standStill.isOn;
            clock.advance(1);
            currentMs = wasOn ? currentMs + 1 : 0;
            longestMs = Math.max(longestMs, currentMs);
            stoodMs += wasOn ? 1 : 0;
          }
        };
        for (const { afterMs, neededMs } of given) {
          pass(afterMs);
          clock.after(neededMs, standStill.ask());
        }
        pass(10);
        // The one under way has its rest still before it.
        expect(stoodMs).toBeLessThanOrEqual(clock.monotonic() / 10 + 10);
        expect(longestMs).toBeLessThanOrEqual(10);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FanOutCounts } from '../../src/deliver/fan-out-counts.ts';
import { Hub, StandStill } from '../../src/deliver/hub.ts';
import { View } from '../../src/deliver/view.ts';
import { createFakeRendition } from '../support/fake-rendition.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';
import { createOutlet } from '../support/outlet.ts';
import { leaseOf } from '../support/session.ts';

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

/** A hub whose turns are over after a batch of 64. */
function setUpHub(subscribers: number) {
  const clock = createManualClock();
  const turns: (() => void)[] = [];
  const hub = new Hub({
    clock: { ...clock, monotonic: () => clock.monotonic() + received.length / 64 },
    meter: createMemoryMeter(),
    turnMs: 1,
    yieldTurn: (rest) => turns.push(rest),
  });
  const received: string[] = [];
  const rendition = createFakeRendition();
  const view = new View(rendition);
  hub.open(view);
  const outlet = createOutlet((text) => received.push(text) > 0);
  for (let count = 0; count < subscribers; count += 1) {
    view.sendWhole(view.add(leaseOf(view), outlet, outlet), 0, new FanOutCounts());
  }
  received.length = 0;
  const takeTurns = (): void => {
    for (let rest = turns.shift(); rest !== undefined; rest = turns.shift()) rest();
  };
  const receivedOf = (text: string) => received.filter((one) => one === text).length;
  return { hub, clock, rendition, turns, takeTurns, received, receivedOf };
}

describe('Hub that stands still', () => {
  it('begins no sweep, and brings the newest of what came meanwhile when it goes on', () => {
    const { hub, rendition, takeTurns, received } = setUpHub(2);
    const goOn = hub.standStill();
    rendition.publish();
    rendition.publish();
    takeTurns();
    expect(received).toEqual([]);
    goOn();
    takeTurns();
    expect(received).toEqual(['3', '3']);
  });

  it('goes on in a later turn, so that whoever was urgent can finish in this one', () => {
    const { hub, rendition, turns, received } = setUpHub(1);
    const goOn = hub.standStill();
    rendition.publish();
    goOn();
    rendition.publish();
    expect(received).toEqual([]);
    expect(turns).toHaveLength(1);
  });

  it('stops in the middle of a sweep and goes on where it was', () => {
    const { hub, rendition, takeTurns, receivedOf } = setUpHub(200);
    rendition.publish();
    expect(receivedOf('2')).toBe(64);
    const goOn = hub.standStill();
    rendition.publish();
    takeTurns();
    expect(receivedOf('2')).toBe(64);
    goOn();
    takeTurns();
    expect(receivedOf('2')).toBe(200);
    expect(receivedOf('3')).toBe(200);
  });

  it('takes one turn at a time where it goes on before the turn that it let pass', () => {
    const { hub, rendition, turns, receivedOf } = setUpHub(200);
    rendition.publish();
    hub.standStill()();
    expect(turns).toHaveLength(1);
    turns.shift()?.();
    expect(receivedOf('2')).toBe(128);
    expect(turns).toHaveLength(1);
  });

  it('goes on by itself after 10 ms', () => {
    const { hub, clock, rendition, takeTurns, receivedOf } = setUpHub(100);
    rendition.publish();
    hub.standStill();
    clock.advance(9);
    takeTurns();
    expect(receivedOf('2')).toBe(64);
    clock.advance(1);
    takeTurns();
    expect(receivedOf('2')).toBe(100);
  });

  it('has nothing to go on with where nothing came', () => {
    const { hub, turns } = setUpHub(10);
    hub.standStill()();
    expect(turns).toEqual([]);
  });

  it('goes about its work all the same while it is asked without end', () => {
    const { hub, clock, rendition, takeTurns, received } = setUpHub(1);
    for (let ms = 0; ms < 1000; ms += 1) {
      hub.standStill();
      clock.advance(1);
      rendition.publish();
      takeTurns();
    }
    expect(received.length).toBeGreaterThanOrEqual(900);
    clock.advance(10);
    takeTurns();
    expect(received.at(-1)).toBe('1001');
  });
});

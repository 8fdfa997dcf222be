import { describe, expect, it } from 'vitest';
import { FanOutCounts } from '../../src/deliver/fan-out-counts.ts';
import { Hub } from '../../src/deliver/hub.ts';
import { View } from '../../src/deliver/view.ts';
import { createFakeRendition } from '../support/fake-rendition.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';
import { createOutlet } from '../support/outlet.ts';
import { leaseOf } from '../support/session.ts';

/** A hub whose turns are over after a batch of 64. */
function setUp(subscribers: number) {
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
    const { hub, rendition, takeTurns, received } = setUp(2);
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
    const { hub, rendition, turns, received } = setUp(1);
    const goOn = hub.standStill();
    rendition.publish();
    goOn();
    rendition.publish();
    expect(received).toEqual([]);
    expect(turns).toHaveLength(1);
  });

  it('stops in the middle of a sweep and goes on where it was', () => {
    const { hub, rendition, takeTurns, receivedOf } = setUp(200);
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
    const { hub, rendition, turns, receivedOf } = setUp(200);
    rendition.publish();
    hub.standStill()();
    expect(turns).toHaveLength(1);
    turns.shift()?.();
    expect(receivedOf('2')).toBe(128);
    expect(turns).toHaveLength(1);
  });

  it('goes on by itself after 10 ms', () => {
    const { hub, clock, rendition, takeTurns, receivedOf } = setUp(100);
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
    const { hub, turns } = setUp(10);
    hub.standStill()();
    expect(turns).toEqual([]);
  });

  it('goes about its work all the same while it is asked without end', () => {
    const { hub, clock, rendition, takeTurns, received } = setUp(1);
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

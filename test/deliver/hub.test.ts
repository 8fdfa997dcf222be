import { describe, expect, it } from 'vitest';
import { FanOutCounts } from '../../src/deliver/fan-out-counts.ts';
import type { Pace } from '../../src/deliver/pace.ts';
import { View } from '../../src/deliver/view.ts';
import type { Rendition } from '../../src/encode/rendition.ts';
import { createTestContext } from '../support/context.ts';
import { createFakeRendition } from '../support/fake-rendition.ts';
import { textMessage } from '../support/messages.ts';
import { createOutlet } from '../support/outlet.ts';
import { leaseOf } from '../support/session.ts';

const turnMs = 5;

/** A hub whose fan-outs take 1 ms for each subscriber, so that a batch of 16 is more than a turn. */
function setUp(subscribers: number, options: Pace = {}) {
  const turns: (() => void)[] = [];
  const fanOut = { turnMs, yieldTurn: (rest: () => void) => void turns.push(rest) };
  const { clock, meter, hub, openView } = createTestContext({ fanOut });
  const rendition = createFakeRendition();
  const view = openView(rendition, options);
  const received = Array.from({ length: subscribers }, () => [] as string[]);
  for (const one of received) {
    const outlet = createOutlet((text) => {
      clock.advance(1);
      one.push(text);
      return true;
    });
    view.sendWhole(view.add(leaseOf(view), outlet, outlet), clock.monotonic(), new FanOutCounts());
    one.length = 0;
  }
  const takeTurn = () => turns.shift()?.();
  return { hub, clock, meter, rendition, view, received, turns, takeTurn };
}

describe('Hub', () => {
  it('gives each subscriber the update in the turn it came in, where that is short', () => {
    const { rendition, received, turns } = setUp(3);
    rendition.publish();
    expect(received).toEqual([['2'], ['2'], ['2']]);
    expect(turns).toHaveLength(0);
  });

  it('gives the event loop a turn within a long fan-out', () => {
    const { rendition, received, turns, takeTurn } = setUp(50);
    rendition.publish();
    const sent = () => received.filter((one) => one.length > 0).length;
    expect(sent()).toBe(16);
    expect(turns).toHaveLength(1);
    takeTurn();
    expect(sent()).toBe(32);
    takeTurn();
    takeTurn();
    expect(sent()).toBe(50);
  });

  it('repeats the current update to those who were sent nothing for long, in turns as well', () => {
    const { hub, view, clock, received, turns, takeTurn } = setUp(200, { repeatAfterMs: 5000 });
    clock.advance(4000);
    hub.request(view);
    while (turns.length > 0) takeTurn();
    expect(received.flat()).toEqual([]);
    clock.advance(1000);
    hub.request(view);
    expect(received.flat()).toHaveLength(16);
    while (turns.length > 0) takeTurn();
    expect(received.every((one) => one.join() === '1')).toBe(true);
  });

  it('gives the event loop a turn though each subscriber is sent many packets', () => {
    const { hub, clock, turns } = setUp(0);
    let seq = 1;
    const eventByEvent: Rendition = {
      ...createFakeRendition(),
      get seq() {
        return seq;
      },
      next: () => ({
        seq,
        receivedAt: undefined,
        after: (cursor) => ({ message: textMessage(`${cursor + 1}`), seq: cursor + 1, dropped: 0 }),
      }),
    };
    const view = new View(eventByEvent);
    hub.open(view);
    let sent = 0;
    const outlet = createOutlet(() => {
      clock.advance(0.1);
      sent += 1;
      return true;
    });
    for (let count = 0; count < 50; count += 1) {
      view.sendWhole(view.add(leaseOf(view), outlet, outlet), clock.monotonic(), new FanOutCounts());
    }
    [seq, sent] = [101, 0];
    const perTurn: number[] = [];
    const note = () => perTurn.push(sent - perTurn.reduce((sum, turn) => sum + turn, 0));
    hub.request(view);
    note();
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
      turn();
      note();
    }
    expect(sent).toBe(50 * 100);
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(2 * 100);
  });

  it('counts the latency of an event once, however often it is sent', () => {
    const { hub, clock, meter } = setUp(0);
    const rendition = createFakeRendition();
    const timed: Rendition = { ...rendition, next: () => ({ ...rendition.next(), receivedAt: 0 }) };
    const view = new View(timed, { repeatAfterMs: 5000 });
    hub.open(view);
    const outlet = createOutlet(() => true);
    view.add(leaseOf(view), outlet, outlet);
    for (let times = 0; times < 3; times += 1) {
      hub.request(view);
      clock.advance(5000);
    }
    expect(meter.observations('bff_fanout_seconds')).toBe(3);
    expect(meter.observations('bff_event_latency_seconds')).toBe(1);
  });

  it('finishes a sweep while news arrives, and conflates that news into the next one', () => {
    const { rendition, received, turns, takeTurn } = setUp(150);
    rendition.publish();
    rendition.publish();
    rendition.publish();
    rendition.publish();
    while (turns.length > 0) takeTurn();
    expect(received.every((one) => one.join() === '2,5')).toBe(true);
  });

  it('serves waiting views one after the other', () => {
    const { hub, rendition, turns, takeTurn, received } = setUp(100);
    const other = createFakeRendition();
    const view = new View(other);
    hub.open(view);
    const seen: string[] = [];
    const outlet = createOutlet((text) => seen.push(text) > 0);
    view.add(leaseOf(view), outlet, outlet);
    rendition.publish();
    other.publish();
    expect(seen).toEqual([]);
    rendition.publish();
    while (turns.length > 0) takeTurn();
    expect(seen).toEqual(['2']);
    expect(received.every((one) => one.at(-1) === '3')).toBe(true);
  });

  it('does nothing for a view that nobody follows', () => {
    const { rendition, meter } = setUp(0);
    rendition.publish();
    expect(meter.observations('bff_fanout_seconds')).toBe(0);
  });

  it('counts packets, bytes and skipped updates once a sweep', () => {
    const { rendition, view, meter } = setUp(4);
    const outlet = createOutlet(() => false);
    view.add(leaseOf(view), outlet, outlet);
    rendition.publish();
    expect(meter.value('bff_packets_total', { dialect: 'test', type: 'UPDATE' })).toBe(4);
    expect(meter.value('bff_bytes_total', { dialect: 'test' })).toBe(4);
    expect(meter.value('bff_skipped_total', { dialect: 'test' })).toBe(1);
    expect(meter.observations('bff_fanout_seconds')).toBe(1);
  });

  it('ends a sweep whose subscribers all leave in the middle of it', () => {
    const { hub, clock, meter } = setUp(0);
    const rendition = createFakeRendition();
    const view = new View(rendition);
    hub.open(view);
    const leaveAll = (): boolean => {
      for (const following of subscriptions) view.remove(following);
      clock.advance(turnMs);
      return true;
    };
    const outlet = createOutlet(leaveAll);
    const subscriptions = [view.add(leaseOf(view), outlet, outlet)];
    rendition.publish();
    expect(view.size).toBe(0);
    expect(meter.observations('bff_fanout_seconds')).toBe(1);
  });
});

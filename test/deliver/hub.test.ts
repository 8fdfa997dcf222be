import { describe, expect, it } from 'vitest';
import { Channel } from '../../src/deliver/channel.ts';
import { Hub } from '../../src/deliver/hub.ts';
import { Tally } from '../../src/deliver/tally.ts';
import { createFakeRendition } from '../support/fake-rendition.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';
import { createOutlet } from '../support/outlet.ts';

const turnMs = 5;

/** A hub whose fan-outs take 1 ms for each subscriber, so that a batch of 64 is more than a turn. */
function setUp(subscribers: number) {
  const clock = createManualClock();
  const meter = createMemoryMeter();
  const turns: (() => void)[] = [];
  const hub = new Hub({ clock, meter, turnMs, yieldTurn: (rest) => turns.push(rest) });
  const rendition = createFakeRendition();
  const channel = new Channel(rendition);
  hub.open(channel);
  const received = Array.from({ length: subscribers }, () => [] as string[]);
  for (const one of received) {
    const outlet = createOutlet((text) => {
      clock.advance(1);
      one.push(text);
      return true;
    });
    channel.sendWhole(channel.add(outlet, outlet), 0, new Tally());
    one.length = 0;
  }
  const takeTurn = () => turns.shift()?.();
  return { hub, clock, meter, rendition, channel, received, turns, takeTurn };
}

describe('Hub', () => {
  it('gives each subscriber the update in the turn it came in, where that is short', () => {
    const { rendition, received, turns } = setUp(3);
    rendition.publish();
    expect(received).toEqual([['2'], ['2'], ['2']]);
    expect(turns).toHaveLength(0);
  });

  it('gives the event loop a turn within a long fan-out', () => {
    const { rendition, received, turns, takeTurn } = setUp(200);
    rendition.publish();
    const sent = () => received.filter((one) => one.length > 0).length;
    expect(sent()).toBe(64);
    expect(turns).toHaveLength(1);
    takeTurn();
    expect(sent()).toBe(128);
    takeTurn();
    takeTurn();
    expect(sent()).toBe(200);
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

  it('serves waiting channels one after the other', () => {
    const { hub, rendition, turns, takeTurn, received } = setUp(100);
    const other = createFakeRendition();
    const channel = new Channel(other);
    hub.open(channel);
    const seen: string[] = [];
    const outlet = createOutlet((text) => seen.push(text) > 0);
    channel.add(outlet, outlet);
    rendition.publish();
    other.publish();
    expect(seen).toEqual([]);
    rendition.publish();
    while (turns.length > 0) takeTurn();
    expect(seen).toEqual(['2']);
    expect(received.every((one) => one.at(-1) === '3')).toBe(true);
  });

  it('does nothing for a channel that nobody follows', () => {
    const { rendition, meter } = setUp(0);
    rendition.publish();
    expect(meter.observations('bff_fanout_seconds')).toBe(0);
  });

  it('counts packets, bytes and skipped updates once a sweep', () => {
    const { rendition, channel, meter } = setUp(4);
    const outlet = createOutlet(() => false);
    channel.add(outlet, outlet);
    rendition.publish();
    expect(meter.value('bff_packets_total', { dialect: 'test', type: 'UPDATE' })).toBe(4);
    expect(meter.value('bff_bytes_total', { dialect: 'test' })).toBe(4);
    expect(meter.value('bff_skipped_total', { dialect: 'test' })).toBe(1);
    expect(meter.observations('bff_fanout_seconds')).toBe(1);
  });

  it('ends a sweep whose subscribers all leave in the middle of it', () => {
    const { hub, clock, meter } = setUp(0);
    const rendition = createFakeRendition();
    const channel = new Channel(rendition);
    hub.open(channel);
    const leaveAll = (): boolean => {
      for (const subscription of subscriptions) channel.remove(subscription);
      clock.advance(turnMs);
      return true;
    };
    const outlet = createOutlet(leaveAll);
    const subscriptions = [channel.add(outlet, outlet)];
    rendition.publish();
    expect(channel.size).toBe(0);
    expect(meter.observations('bff_fanout_seconds')).toBe(1);
  });
});

import { describe, expect, it } from 'vitest';
import { Channel } from '../../src/deliver/channel.ts';
import { Hub, hubDefaults } from '../../src/deliver/hub.ts';
import { createFakeRendition, packet } from '../support/fake-rendition.ts';
import { createFakeTransport } from '../support/fake-transport.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';
import { newSession } from '../support/session.ts';

function setUp(intervalMs = 0) {
  const clock = createManualClock();
  const meter = createMemoryMeter();
  const hub = new Hub({ clock, meter, ...hubDefaults });
  const open = () => {
    const rendition = createFakeRendition({ deltas: true });
    const channel = new Channel(rendition, { intervalMs });
    hub.open(channel);
    return { rendition, channel };
  };
  const transport = createFakeTransport();
  const session = newSession({ transport, clock, meter, hub });
  return { clock, open, transport, session };
}

describe('Session that changes what it follows', () => {
  it('is sent nothing of what it left, and everything of what it follows now', () => {
    const { open, transport, session } = setUp();
    const [old, now] = [open(), open()];
    const subscription = session.follow(old.channel, () => packet('old'));
    session.unfollow(subscription);
    session.unfollow(subscription);
    session.answer(packet('ack'));
    session.follow(now.channel, () => packet('now'));
    old.rendition.publish();
    now.rendition.publish();
    expect(transport.sent).toEqual(['old', 'ack', 'now', '1>2']);
    expect([old.channel.size, now.channel.size]).toEqual([0, 1]);
    transport.end();
    expect(now.channel.size).toBe(0);
  });

  it('is given the whole at a resync, and deltas from there on', () => {
    const { open, transport, session } = setUp();
    const { rendition, channel } = open();
    const subscription = session.follow(channel, () => packet('hello'));
    rendition.publish();
    session.resync(subscription);
    rendition.publish();
    expect(transport.sent).toEqual(['hello', '1>2', '2', '2>3']);
  });

  it('is given the whole once it reads again, where it asked for a resync before', () => {
    const { open, transport, session } = setUp();
    const { rendition, channel } = open();
    const subscription = session.follow(channel, () => packet('hello'));
    transport.block();
    session.resync(subscription);
    rendition.publish();
    transport.drain();
    rendition.publish();
    expect(transport.sent).toEqual(['hello', '2', '2>3']);
  });

  it('keeps to the interval also when it drains, and gets the newest on the beat', () => {
    const { open, transport, session, clock } = setUp(1000);
    const { rendition, channel } = open();
    session.follow(channel, () => packet('hello'));
    clock.advance(900);
    rendition.publish();
    clock.advance(100);
    expect(transport.sent).toEqual(['hello', '1>2']);
    transport.block();
    rendition.publish();
    clock.advance(1000);
    rendition.publish();
    clock.advance(50);
    transport.drain();
    expect(transport.sent).toEqual(['hello', '1>2', '4']);
    transport.block();
    clock.advance(950);
    rendition.publish();
    transport.drain();
    clock.advance(1000);
    expect(transport.sent.slice(3)).toEqual(['4>5']);
  });
});

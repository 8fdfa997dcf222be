import { describe, expect, it } from 'vitest';
import { Channel } from '../../src/deliver/channel.ts';
import { Hub, hubDefaults } from '../../src/deliver/hub.ts';
import { createEventRendition } from '../../src/encode/event-rendition.ts';
import { createEventFeed } from '../../src/feed/event-feed.ts';
import { packet } from '../support/fake-rendition.ts';
import { createFakeTransport } from '../support/fake-transport.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';
import { newSession } from '../support/session.ts';

/** A session that follows events, sent each 100 ms. */
function setUp() {
  const clock = createManualClock();
  const meter = createMemoryMeter();
  const hub = new Hub({ clock, meter, ...hubDefaults });
  const feed = createEventFeed<string>({ epoch: 'e', capacity: 10 });
  const rendition = createEventRendition<string>({
    ...{ dialect: 'test', feed, maxBehind: 100, beyond: 'oldest' },
    snapshot: () => packet('all'),
    render: (events) => packet(events.join('')),
  });
  const channel = new Channel(rendition, { intervalMs: 100 });
  hub.open(channel);
  const transport = createFakeTransport();
  const session = newSession({ transport, clock, meter, hub });
  session.follow(channel, () => packet('first'));
  const append = (text: string) => {
    for (const event of text) feed.append(event);
  };
  return { clock, transport, append };
}

describe('Channel with an interval, of events', () => {
  it('goes on as soon as the client can be sent to, with what it could not be sent whole', () => {
    const { clock, transport, append } = setUp();
    append('abcd');
    transport.drain(1);
    clock.advance(100);
    expect(transport.sent).toEqual(['first', 'a']);
    transport.drain(2);
    expect(transport.sent).toEqual(['first', 'a', 'b', 'c']);
    transport.drain();
    expect(transport.sent).toEqual(['first', 'a', 'b', 'c', 'd']);
  });

  it('makes what is new wait for the interval again', () => {
    const { clock, transport, append } = setUp();
    append('a');
    clock.advance(100);
    append('b');
    clock.advance(50);
    expect(transport.sent).toEqual(['first', 'a']);
    clock.advance(50);
    expect(transport.sent).toEqual(['first', 'a', 'b']);
  });
});

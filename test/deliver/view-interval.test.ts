import { describe, expect, it } from 'vitest';
import { EventRendition } from '../../src/encode/event-rendition.ts';
import { EventFeed } from '../../src/feed/event-feed.ts';
import { createTestContext } from '../support/context.ts';
import { createFakeTransport } from '../support/fake-transport.ts';
import { textMessage } from '../support/messages.ts';
import { leaseOf, newSession } from '../support/session.ts';

/** A session that follows events, sent each 100 ms. */
function setUp() {
  const { clock, meter, hub, openView } = createTestContext();
  const feed = new EventFeed<string>({ epoch: 'e', capacity: 10 });
  const rendition = new EventRendition<string>({
    ...{ dialect: 'test', feed, maxBehind: 100, beyond: 'oldest' },
    snapshot: () => ({ type: 'all' }),
    render: (events) => ({ type: events.join('') }),
  });
  const view = openView(rendition, { intervalMs: 100 });
  const transport = createFakeTransport();
  const session = newSession({ transport, clock, meter, hub });
  session.follow(leaseOf(view), () => textMessage('first'));
  const append = (text: string) => {
    for (const event of text) feed.append(event);
  };
  return { clock, transport, append };
}

describe('View with an interval, of events', () => {
  it('goes on as soon as the client can be sent to, with what it could not be sent whole', () => {
    const { clock, transport, append } = setUp();
    append('abcd');
    transport.drain(1);
    clock.advance(100);
    expect(transport.types).toEqual(['first', 'a']);
    transport.drain(2);
    expect(transport.types).toEqual(['first', 'a', 'b', 'c']);
    transport.drain();
    expect(transport.types).toEqual(['first', 'a', 'b', 'c', 'd']);
  });

  it('makes what is new wait for the interval again', () => {
    const { clock, transport, append } = setUp();
    append('a');
    clock.advance(100);
    append('b');
    clock.advance(50);
    expect(transport.types).toEqual(['first', 'a']);
    clock.advance(50);
    expect(transport.types).toEqual(['first', 'a', 'b']);
  });
});

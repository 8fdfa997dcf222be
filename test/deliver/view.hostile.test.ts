import { describe, expect, it } from 'vitest';
import { EventRendition } from '../../src/encode/event-rendition.ts';
import { EventFeed } from '../../src/feed/event-feed.ts';
import { createTestContext } from '../support/context.ts';
import { createFakeTransport } from '../support/fake-transport.ts';
import { textMessage } from '../support/messages.ts';
import { leaseOf, newSession } from '../support/session.ts';

const maxBehind = 4;

/** Events, and what was made of them. */
function setUp(beyond: 'oldest' | 'snapshot') {
  const { clock, meter, hub, openView } = createTestContext();
  const feed = new EventFeed<string>({ epoch: 'e', capacity: 100 });
  const made = { events: 0, snapshots: 0 };
  const rendition = new EventRendition<string>({
    ...{ dialect: 'test', feed, maxBehind, beyond },
    render([text]) {
      made.events += 1;
      return { type: text };
    },
    snapshot() {
      made.snapshots += 1;
      return { type: 'all' };
    },
  });
  const view = openView(rendition);
  const connect = () => {
    const transport = createFakeTransport();
    newSession({ transport, clock, meter, hub }).follow(leaseOf(view), () => textMessage('hello'));
    return transport;
  };
  const append = (count: number) => {
    for (let event = 1; event <= count; event += 1) feed.append(`${event}`);
  };
  return { made, connect, append, meter };
}

describe('A client that reads nothing', () => {
  it.each(['oldest', 'snapshot'] as const)(
    'has nothing made for it, however far it is behind: %s',
    (beyond) => {
      const { made, connect, append, meter } = setUp(beyond);
      const stalled = connect();
      stalled.block();
      append(1000);
      expect(made).toEqual({ events: 0, snapshots: 0 });
      expect(meter.value('bff_skipped_total', { dialect: 'test' })).toBe(1000);
      stalled.drain();
      expect(made).toEqual(beyond === 'snapshot' ? { events: 0, snapshots: 1 } : { events: 4, snapshots: 0 });
    },
  );

  it('takes nothing from one beside it, and makes nothing twice', () => {
    const { made, connect, append } = setUp('snapshot');
    const [stalled, well] = [connect(), connect()];
    stalled.block();
    append(1000);
    expect(well.sent).toHaveLength(1001);
    expect(made).toEqual({ events: 1000, snapshots: 0 });
  });

  it('is not greeted either, until it reads', () => {
    const { made, connect } = setUp('snapshot');
    const transport = createFakeTransport();
    transport.block();
    expect([connect().sent, made.snapshots]).toEqual([['hello'], 0]);
  });
});

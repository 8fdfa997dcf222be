import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Session } from '../../src/deliver/session.ts';
import { EventRendition } from '../../src/encode/event-rendition.ts';
import { EventFeed } from '../../src/feed/event-feed.ts';
import { createTestContext } from '../support/context.ts';
import { createFakeTransport } from '../support/fake-transport.ts';
import { textMessage } from '../support/messages.ts';
import { createOutlet } from '../support/outlet.ts';
import { leaseOf, newSession } from '../support/session.ts';

const maxBehind = 3;

/** A session that follows events, of which it may lack three. */
function setUp(beyond: 'oldest' | 'snapshot' = 'oldest') {
  const { clock, meter, hub, openView } = createTestContext();
  const feed = new EventFeed<string>({ epoch: 'e', capacity: maxBehind });
  const view = openView(
    new EventRendition<string>({
      dialect: 'test',
      feed,
      render: ([text]) => ({ type: text }),
      snapshot: () => ({ type: 'all' }),
      maxBehind,
      beyond,
    }),
  );
  const transport = createFakeTransport();
  const dropped: number[] = [];
  const sentAtEnd: number[] = [];
  const session: Session = newSession(
    { transport, clock, meter, hub },
    { dropped: (count) => void dropped.push(count), ended: () => void sentAtEnd.push(session.sent) },
  );
  const following = session.follow(leaseOf(view), () => textMessage('hello'));
  let events = 0;
  const append = (count: number): void => {
    for (let index = 0; index < count; index += 1) {
      events += 1;
      feed.append(`${events}`);
    }
  };
  const total = () => dropped.reduce((sum, count) => sum + count, 0);
  return { meter, hub, clock, view, transport, session, following, dropped, total, sentAtEnd, append };
}

describe('What a session was sent', () => {
  it('is counted packet by packet, answers included, and known at its end', () => {
    const { append, session, transport, sentAtEnd } = setUp();
    append(2);
    session.answer(textMessage('pong'));
    expect(session.sent).toBe(4);
    transport.end();
    expect(sentAtEnd).toEqual([4]);
  });

  it('is no answer that waits, until it goes', () => {
    const { session, transport } = setUp();
    transport.block();
    session.answer(textMessage('a'));
    session.answer(textMessage('b'));
    expect(session.sent).toBe(1);
    transport.drain();
    expect(session.sent).toBe(3);
  });

  it('is still counted when it follows something else', () => {
    const { append, session, following, view } = setUp();
    append(2);
    following.leave();
    expect(session.sent).toBe(3);
    session.follow(leaseOf(view), () => textMessage('again'));
    append(1);
    expect(session.sent).toBe(5);
  });

  it('is not mistaken for what its neighbour was sent', () => {
    const { append, session, view } = setUp();
    const other = createFakeTransport();
    view.add(
      leaseOf(view),
      createOutlet(() => true),
      other,
    );
    append(2);
    expect([session.sent, other.sent.length]).toEqual([3, 2]);
  });
});

describe('What a session misses', () => {
  it.each(['oldest', 'snapshot'] as const)('is told while it is blocked, at each look: %s', (beyond) => {
    const { append, transport, dropped, meter, session, clock } = setUp(beyond);
    transport.block();
    append(maxBehind);
    session.check(clock.monotonic());
    expect(dropped).toEqual([]);
    append(2);
    session.check(clock.monotonic());
    append(1);
    session.countDropped();
    session.check(clock.monotonic());
    expect(dropped).toEqual([2, 1]);
    expect(meter.value('bff_dropped_total', { dialect: 'test' })).toBe(3);
    transport.drain();
    expect(dropped).toHaveLength(2);
    expect(transport.types).toEqual(beyond === 'oldest' ? ['hello', '4', '5', '6'] : ['hello', 'all']);
  });

  it('is counted anew after it has read on, and after it was sent the whole', () => {
    const { append, transport, total, session, following } = setUp();
    transport.block();
    append(maxBehind + 5);
    transport.drain();
    transport.block();
    append(maxBehind + 2);
    transport.drain();
    expect(total()).toBe(7);
    transport.block();
    append(maxBehind + 4);
    transport.unblock();
    following.resync();
    transport.drain();
    transport.block();
    append(maxBehind + 1);
    session.countDropped();
    expect(total()).toBe(12);
  });

  it('is known at its end, whether or not anybody looked', () => {
    const { append, transport, total } = setUp();
    transport.block();
    append(maxBehind + 7);
    transport.end();
    expect(total()).toBe(7);
  });

  it('is no more than it dropped before it left the view', () => {
    const { append, transport, total, session, following } = setUp();
    transport.block();
    append(maxBehind + 2);
    session.countDropped();
    following.leave();
    append(5);
    session.countDropped();
    expect(total()).toBe(2);
  });

  it('and what it is sent are together all that happened, however it reads', () => {
    const step = fc.oneof(
      fc.constant('block'),
      fc.nat(4),
      fc.nat(6).map((count) => ({ append: count })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { append, transport, total } = setUp();
        let events = 0;
        for (const action of steps) {
          if (action === 'block') transport.block();
          else if (typeof action === 'number') transport.drain(action);
          else if (typeof action === 'object') {
            append(action.append);
            events += action.append;
          }
        }
        transport.drain();
        const numbers = transport.types.slice(1).map(Number);
        expect(numbers.length + total()).toBe(events);
        expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
      }),
    );
  });
});

describe('Hub', () => {
  it('knows when its last fan-out was', () => {
    const { hub, clock, append, transport } = setUp();
    expect(hub.lastFanOutAt).toBeUndefined();
    clock.advance(1000);
    append(1);
    const first = clock.now();
    expect(hub.lastFanOutAt).toBe(first);
    transport.end();
    clock.advance(1000);
    append(1);
    expect(hub.lastFanOutAt).toBe(first);
  });
});
